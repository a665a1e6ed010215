//! Tables with borders, as Keras prints them.

/// How a column's text is placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
    Center,
}

/// A column: heading, wanted width without borders and padding, and how its text is placed.
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) width: usize,
    pub(super) align: Align,
}

/// The table as text of `width` cells a line, a rule between rows.
pub(super) fn render(columns: &[Column], rows: &[Vec<String>], width: usize) -> String {
    let widths = fitted(columns, width);
    let rule = |left: char, fill: &str, middle: &str, right: char| {
        let cells: Vec<String> = widths.iter().map(|w| fill.repeat(w + 2)).collect();
        format!("{left}{}{right}\n", cells.join(middle))
    };
    let aligns: Vec<Align> = columns.iter().map(|c| c.align).collect();
    let head: Vec<String> = columns.iter().map(|c| c.name.to_string()).collect();
    let mut out = rule('┏', "━", "┳", '┓');
    out += &row(&head, &widths, &aligns, '┃');
    out += &rule('┡', "━", "╇", '┩');
    for (i, cells) in rows.iter().enumerate() {
        if i > 0 {
            out += &rule('├', "─", "┼", '┤');
        }
        out += &row(cells, &widths, &aligns, '│');
    }
    out + &rule('└', "─", "┴", '┘')
}

/// Widths of the columns' text: what is too wide is taken away evenly.
fn fitted(columns: &[Column], width: usize) -> Vec<usize> {
    let inner = width.saturating_sub(columns.len() + 1);
    let padded: Vec<usize> = columns.iter().map(|c| c.width + 2).collect();
    let mut excess = padded.iter().sum::<usize>().saturating_sub(inner);
    let mut widths = vec![];
    for (i, w) in padded.iter().enumerate() {
        let share = (excess as f64 / (columns.len() - i) as f64).round_ties_even() as usize;
        let share = share.min(*w);
        excess -= share;
        widths.push((w - share).saturating_sub(2).max(1));
    }
    widths
}

fn row(cells: &[String], widths: &[usize], aligns: &[Align], border: char) -> String {
    let wrapped: Vec<Vec<String>> = cells.iter().zip(widths).map(|(c, w)| wrap(c, *w)).collect();
    let height = wrapped.iter().map(Vec::len).max().unwrap_or(1);
    let mut out = String::new();
    for line in 0..height {
        out.push(border);
        for ((cell, width), align) in wrapped.iter().zip(widths).zip(aligns) {
            let text = cell.get(line).map_or("", String::as_str);
            let free = width.saturating_sub(text.chars().count());
            let before = match align {
                Align::Left => 0,
                Align::Right => free,
                Align::Center => free / 2,
            };
            out += &format!(" {}{text}{} {border}", " ".repeat(before), " ".repeat(free - before));
        }
        out.push('\n');
    }
    out
}

/// The lines of a text: broken at words; what does not fit is cut, with an ellipsis.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    let mut used = 0;
    for word in words(text) {
        let length = word.trim_end().chars().count();
        let fits = width.saturating_sub(used) >= length && used <= width;
        let last = lines.len() - 1;
        if fits || (lines[last].is_empty()) {
            used += word.chars().count();
            lines[last] += word;
        } else {
            used = word.chars().count();
            lines.push(word.to_string());
        }
    }
    lines.iter().map(|l| cut(l.trim_end(), width)).collect()
}

/// Words with the blanks behind them.
fn words(text: &str) -> Vec<&str> {
    let mut all = vec![];
    let mut start = 0;
    let mut blank = false;
    for (i, c) in text.char_indices() {
        if blank && c != ' ' && !text[start..i].trim().is_empty() {
            all.push(&text[start..i]);
            start = i;
        }
        blank = c == ' ';
    }
    all.push(&text[start..]);
    all
}

fn cut(line: &str, width: usize) -> String {
    if line.chars().count() <= width {
        return line.to_string();
    }
    line.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}
