//! The ratios as a picture.

use super::rows::Row;
use serde_json::Value;
use std::fmt::Write;

const ROW: usize = 22;
const LEFT: usize = 290;
const WIDTH: f64 = 360.0;

/// Bars of the ratios on a logarithmic scale, with a mark where each goal is.
pub(super) fn svg(lines: &[Value], goals: &[Row]) -> String {
    let ratios: Vec<(&str, &str, f64)> = lines
        .iter()
        .filter(|l| l["unit"] != "kernels")
        .filter_map(|l| Some((l["work"].as_str()?, l["peer_name"].as_str()?, l["ratio"].as_f64()?)))
        .collect();
    let largest = ratios.iter().fold(10.0f64, |m, r| m.max(r.2)).log10().ceil();
    let at = |ratio: f64| LEFT as f64 + WIDTH * (ratio.max(0.1).log10() + 1.0) / (largest + 1.0);
    let height = ROW * (ratios.len() + 2);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"820\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"10\" y=\"16\" font-weight=\"bold\">How many times as fast as the peer; the mark is the goal</text>\n"
    );
    for decade in -1..=largest as i32 {
        let (x, ratio) = (at(10f64.powi(decade)), 10f64.powi(decade));
        let _ = writeln!(
            out,
            "<line x1=\"{x:.0}\" x2=\"{x:.0}\" y1=\"{ROW}\" y2=\"{}\" stroke=\"#ccc\"/><text x=\"{x:.0}\" y=\"{}\" text-anchor=\"middle\" fill=\"#666\">{ratio}</text>",
            height - ROW,
            height - 6
        );
    }
    for (i, (work, peer, ratio)) in ratios.iter().enumerate() {
        let top = ROW * (i + 1) + 4;
        let (from, to) = (at(1.0).min(at(*ratio)), at(1.0).max(at(*ratio)));
        let colour = if *ratio >= 1.0 { "#2a7" } else { "#c63" };
        let _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text><rect x=\"{from:.0}\" y=\"{top}\" width=\"{:.0}\" height=\"{}\" fill=\"{colour}\"/><text x=\"{:.0}\" y=\"{}\" fill=\"#333\">{ratio:.2} ({})</text>",
            LEFT - 8,
            top + 13,
            escaped(work),
            (to - from).max(1.0),
            ROW - 6,
            to + 6.0,
            top + 13,
            escaped(peer)
        );
        let goal = goals.iter().find(|r| r.work == *work).map(|r| r.goal).or_else(|| super::first_goal(work));
        if let Some(x) = goal.map(at) {
            let _ = writeln!(
                out,
                "<line x1=\"{x:.0}\" x2=\"{x:.0}\" y1=\"{}\" y2=\"{}\" stroke=\"black\" stroke-width=\"2\"/>",
                top - 2,
                top + ROW - 4
            );
        }
    }
    out + "</svg>\n"
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
