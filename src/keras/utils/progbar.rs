//! The progress bar.

use super::io::{is_terminal, print_msg};
use crate::error::Result;
use crate::keras::training::{Logs, Verbose};
use web_time::{Duration, Instant};

/// A progress bar as Keras prints it (`keras.utils.Progbar`):
///
/// ```text
/// 45/45 ━━━━━━━━━━━━━━━━━━━━ 2s 12ms/step - accuracy: 0.9312 - loss: 0.2271
/// ```
///
/// On a terminal it is drawn over and over, with the time that is left; elsewhere only its last state is printed, without colours.
#[derive(Debug)]
pub struct Progbar {
    target: Option<usize>,
    verbose: Verbose,
    terminal: bool,
    start: Instant,
    last: Option<Instant>,
    after_first: Option<Instant>,
    drawn: usize,
}

const WIDTH: usize = 20;
const INTERVAL: Duration = Duration::from_millis(50);

impl Progbar {
    /// A bar of so many steps, where known.
    pub fn new(target: Option<usize>, verbose: Verbose) -> Self {
        Progbar {
            target,
            verbose,
            terminal: is_terminal(),
            start: Instant::now(),
            last: None,
            after_first: None,
            drawn: 0,
        }
    }

    /// Sets how many steps there are.
    pub fn set_target(&mut self, target: usize) {
        self.target = Some(target);
    }

    /// Whether an update would draw something, unless it is the last.
    pub fn is_due(&self) -> bool {
        let recent = self.last.is_some_and(|t| t.elapsed() < INTERVAL);
        self.verbose == Verbose::Bar && self.terminal && !recent || self.after_first.is_none()
    }

    /// Says that `current` steps were made, with values to show; `last` for the last time.
    ///
    /// # Errors
    /// `Unavailable` when standard output cannot be written.
    pub fn update(&mut self, current: usize, values: &Logs, last: bool) -> Result<()> {
        let now = Instant::now();
        let unit = self.step_time(current, now);
        match self.verbose {
            Verbose::Silent => return Ok(()),
            Verbose::Line if !last => return Ok(()),
            Verbose::Bar if !last && (!self.terminal || !self.is_due()) => return Ok(()),
            _ => {}
        }
        self.last = Some(now);
        let elapsed = now - self.start;
        let line = match self.verbose {
            Verbose::Line => line(current, self.target, elapsed, unit, values),
            _ => bar(current, self.target, if last { None } else { Some(unit) }, elapsed, unit, values),
        };
        if !self.terminal || self.verbose == Verbose::Line {
            return print_msg(&format!("{}\n", plain(&line)));
        }
        let width = plain(&line).chars().count();
        let back = "\u{8}".repeat(self.drawn);
        let blank = " ".repeat(self.drawn.saturating_sub(width));
        self.drawn = width;
        print_msg(&format!("{back}\r{line}{blank}{}", if last { "\n" } else { "" }))
    }

    /// Seconds a step: the first, in which much is compiled, counts only while it is alone.
    fn step_time(&mut self, current: usize, now: Instant) -> f64 {
        if current == 0 {
            return 0.0;
        }
        let time = match self.after_first {
            Some(first) if current > 1 => (now - first).as_secs_f64() / (current - 1) as f64,
            _ => (now - self.start).as_secs_f64() / current as f64,
        };
        if current == 1 {
            self.after_first = Some(now);
        }
        time
    }
}

/// The bar's text, with colours. `eta` is the time a step takes, while there are steps to come.
fn bar(
    current: usize,
    target: Option<usize>,
    eta: Option<f64>,
    elapsed: Duration,
    unit: f64,
    values: &Logs,
) -> String {
    let target = target.filter(|t| *t > 0);
    let mut text = match target {
        Some(target) => {
            let digits = target.to_string().len();
            let done = WIDTH * current.min(target) / target;
            let full =
                if done > 0 { format!("\x1b[32m{}\x1b[0m", "━".repeat(done)) } else { String::new() };
            format!(
                "\x1b[1m{current:digits$}/{target}\x1b[0m {full}\x1b[37m{}\x1b[0m",
                "━".repeat(WIDTH - done)
            )
        }
        None => format!("{current:7}/Unknown"),
    };
    let time = match (eta, target) {
        (Some(unit), Some(target)) => left(unit * target.saturating_sub(current) as f64),
        _ => format!("{:.0}s", elapsed.as_secs_f64()),
    };
    text += &format!(" \x1b[1m{time}\x1b[0m{}", per_step(unit));
    text + &shown(values)
}

fn line(current: usize, target: Option<usize>, elapsed: Duration, unit: f64, values: &Logs) -> String {
    let target = target.unwrap_or(current);
    let digits = target.to_string().len();
    let time = elapsed.as_secs_f64();
    format!("{current:digits$}/{target} - {time:.0}s -{}{}", per_step(unit), shown(values))
}

fn left(seconds: f64) -> String {
    let s = seconds as u64;
    if seconds > 3600.0 {
        format!("{}:{:02}:{:02}", s / 3600, s % 3600 / 60, s % 60)
    } else if seconds > 60.0 {
        format!("{}:{:02}", s / 60, s % 60)
    } else {
        format!("{s}s")
    }
}

fn per_step(seconds: f64) -> String {
    if seconds >= 1.0 || seconds == 0.0 {
        format!(" {seconds:.0}s/step")
    } else if seconds >= 1e-3 {
        format!(" {:.0}ms/step", seconds * 1e3)
    } else {
        format!(" {:.0}us/step", seconds * 1e6)
    }
}

fn shown(values: &Logs) -> String {
    values.iter().map(|(name, v)| format!(" - {name}: {}", number(v))).collect()
}

/// Four places behind the point, or as a power of ten what is too small for that.
fn number(v: f64) -> String {
    if v.abs() > 1e-3 || v.is_nan() {
        return format!("{v:.4}").replace("NaN", "nan");
    }
    let text = format!("{v:.4e}");
    match text.split_once('e') {
        Some((digits, power)) => {
            let power: i32 = power.parse().unwrap_or(0);
            format!("{digits}e{}{:02}", if power < 0 { '-' } else { '+' }, power.abs())
        }
        None => text,
    }
}

/// The text without colours.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c == '\x1b' {
            rest.by_ref().find(|c| *c == 'm');
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keras 3.15's `Progbar`, whose clock was set.
    #[test]
    fn bars_are_keras() {
        let logs = Logs::from([("accuracy", 0.93124), ("loss", 0.0005)]);
        let text = bar(45, Some(45), None, Duration::from_millis(1540), 0.0123, &logs);
        assert_eq!(
            plain(&text),
            "45/45 ━━━━━━━━━━━━━━━━━━━━ 2s 12ms/step - accuracy: 0.9312 - loss: 5.0000e-04"
        );
        let text = bar(3, Some(120), Some(0.9), Duration::from_secs(3), 0.9, &Logs::default());
        assert_eq!(plain(&text), "  3/120 ━━━━━━━━━━━━━━━━━━━━ 1:45 900ms/step");
        let text = bar(12, Some(20), Some(0.1), Duration::from_secs(3), 0.00012, &Logs::default());
        assert_eq!(
            text,
            "\x1b[1m12/20\x1b[0m \x1b[32m━━━━━━━━━━━━\x1b[0m\x1b[37m━━━━━━━━\x1b[0m \x1b[1m0s\x1b[0m 120us/step"
        );
        let text = bar(7, None, None, Duration::from_secs(3), 1.7, &Logs::default());
        assert_eq!(plain(&text), "      7/Unknown 3s 2s/step");
        let text = line(20, Some(20), Duration::from_secs(4), 0.2, &logs);
        assert_eq!(text, "20/20 - 4s - 200ms/step - accuracy: 0.9312 - loss: 5.0000e-04");
    }
}
