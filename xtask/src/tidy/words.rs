//! Words that must not stay in the code.

use super::File;

/// What is left of unfinished work, and of the place where something was written.
const WORDS: &[&str] = &[
    concat!("to", "do!("),
    concat!("unimple", "mented!("),
    concat!("db", "g!("),
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X "),
    concat!("/wo", "rk/"),
    concat!("../sha", "red"),
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
];

pub(super) fn check(files: &[File]) -> Vec<String> {
    let mut problems = vec![];
    for f in files {
        for (k, line) in f.text.lines().enumerate() {
            for word in WORDS.iter().filter(|w| line.contains(**w)) {
                problems.push(format!("{}:{}: {:?} must not stay", f.path, k + 1, word.trim()));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::{WORDS, check};
    use crate::tidy::File;

    #[test]
    fn every_word_is_found() {
        for word in WORDS {
            let file = File { path: "a.rs".into(), text: format!("fn a() {{\n {word}\n}}") };
            assert_eq!(check(&[file])[0].split(' ').next(), Some("a.rs:2:"));
        }
    }
}
