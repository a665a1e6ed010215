//! Matches of regular expressions replaced. The syntax is RE2's; on the web that of the page's own expressions.

use super::{each, scalar};
use crate::error::{Error, Result};
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

crate::op! {
    /// The matches of a regular expression in each string replaced; `\1` in `rewrite` stands for a group of the match, `\0` for all of it.
    StaticRegexReplace in "tf.strings.regex_replace" (input) {
        /// The expression.
        pattern: String,
        /// What stands for each match.
        rewrite: String,
        /// Whether all matches are replaced, or the first.
        replace_global: bool = true,
    }
    strings Read;
    host |s, x| {
        let replacer = Replacer::new("StaticRegexReplace", &s.pattern, &s.rewrite, s.replace_global)?;
        each("StaticRegexReplace", &x[0], |v| replacer.replace(v))
    };
    cases [
        case().with("pattern", "a(b*)").with("rewrite", "<\\1\\0>").texts([2], &["abbbc", "xaby"]),
        case().with("pattern", "b").with("rewrite", "x").with("replace_global", false).texts([1, 2], &["abbbc", "a"]),
        case().with("pattern", "a*").with("rewrite", "-").texts([2], &["baac", ""]),
        case().with("pattern", "^").with("rewrite", "-").texts([1], &["abc"]),
        case().with("pattern", "$").with("rewrite", "-").texts([2], &["abc", "a\n"]),
        case().with("pattern", "\\s+").with("rewrite", " ").texts([2], &["a  b\tc", "a\u{a0}b"]),
        case().with("pattern", "[[:punct:]]").with("rewrite", "").texts([1], &["a.b,c!"]),
        case().with("pattern", "(?i)A").with("rewrite", "x").texts([1], &["aA"]),
        case().with("pattern", "\\bfoo\\w*").with("rewrite", "x").texts([1], &["foos barfoo fooé"]),
        case().with("pattern", "\\pL\\d").with("rewrite", "x").texts([1], &["é1 a٣ b2"]),
        case().with("pattern", ".").with("rewrite", "x").texts([2], &["é", "a\nb"]),
        case().with("pattern", "").with("rewrite", "-").texts([1], &["ab"]),
        case().with("pattern", "\\\\").with("rewrite", "\\\\\\\\").texts([1], &["a\\b"]),
        case().with("pattern", "a").with("rewrite", "$0\\1").texts([1], &["a"]),
        case().with("pattern", "(?P<n>a)|(b)").with("rewrite", "[\\1\\2]").texts([1], &["ab"]),
        case().with("pattern", "[\\d&&[]+|[^\\w\\s]").with("rewrite", "#").texts([1], &["1&2[3 é_!"]),
        case().with("pattern", "a").with("rewrite", "$0").texts([1], &["a"]),
    ]
    errors [
        case().with("pattern", "(").with("rewrite", "x").texts([1], &["a"]),
        case().with("pattern", "a").with("rewrite", "x").ints([2], 0, 3),
    ]
}

crate::op! {
    /// As `StaticRegexReplace`, with the expression and what replaces it as inputs.
    RegexReplace in "tf.strings.regex_replace" (input, pattern, rewrite) {
        /// Whether all matches are replaced, or the first.
        replace_global: bool = true,
    }
    strings Read;
    host |s, x| {
        let op = "RegexReplace";
        let [input, pattern, rewrite] = x else {
            return Err(Error::invalid(op, "inputs", 3, x.len()));
        };
        let pattern = text(op, "pattern", scalar(op, "pattern", pattern)?)?;
        let rewrite = text(op, "rewrite", scalar(op, "rewrite", rewrite)?)?;
        let replacer = Replacer::new(op, pattern, rewrite, s.replace_global)?;
        each(op, input, |v| replacer.replace(v))
    };
    cases [
        case().texts([2], &["abbbc", "xaby"]).texts([], &["a(b*)"]).texts([], &["<\\1>"]),
        case().with("replace_global", false).texts([], &["aa"]).texts([], &["a"]).texts([], &["b"]),
    ]
    errors [
        case().texts([2], &["a"]).texts([1], &["a"]).texts([], &["b"]),
        case().texts([2], &["a"]).texts([], &["["]).texts([], &["b"]),
    ]
}

fn text<'a>(op: &str, arg: &str, v: &'a [u8]) -> Result<&'a str> {
    std::str::from_utf8(v).map_err(|_| Error::invalid(op, arg, "UTF-8", format_args!("{v:?}")))
}

/// Each match of `pattern` in each string (or the first) replaced by `rewrite`, in which `\1` to `\9` stand for groups of the match, `\0` for all of
/// it, `\\` for a backslash (`tf.strings.regex_replace`).
///
/// ```
/// # use wgflow::ops::strings::regex_replace;
/// let x = regex_replace(["Text with tags.<br /><b>contains html</b>"], "<[^>]+>", " ", true)?;
/// assert_eq!(x.to_vec::<String>()?, ["Text with tags.  contains html "]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for an expression or replacement that is none.
pub fn regex_replace(
    input: impl IntoTensor,
    pattern: &str,
    rewrite: &str,
    replace_global: bool,
) -> Result<Tensor> {
    let op = StaticRegexReplace { pattern: pattern.into(), rewrite: rewrite.into(), replace_global };
    run_one(&op, &[&input.into_tensor(None)?])
}

/// A part of what stands for a match.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(Vec<u8>),
    Group(usize),
}

/// The parts of a replacement.
fn pieces(op: &str, rewrite: &str) -> Result<Vec<Piece>> {
    let (mut found, mut text) = (vec![], vec![]);
    let mut rest = rewrite.bytes();
    while let Some(c) = rest.next() {
        if c != b'\\' {
            text.push(c);
            continue;
        }
        match rest.next() {
            Some(b'\\') => text.push(b'\\'),
            Some(d) if d.is_ascii_digit() => {
                found.push(Piece::Text(std::mem::take(&mut text)));
                found.push(Piece::Group(usize::from(d - b'0')));
            }
            _ => {
                let wanted = "a digit or a backslash behind each backslash";
                return Err(Error::invalid(op, "rewrite", wanted, format_args!("{rewrite:?}")));
            }
        }
    }
    found.push(Piece::Text(text));
    Ok(found)
}

/// An expression with what replaces its matches.
struct Replacer {
    op: String,
    finder: engine::Finder,
    pieces: Vec<Piece>,
    global: bool,
}

impl Replacer {
    fn new(op: &str, pattern: &str, rewrite: &str, global: bool) -> Result<Self> {
        Ok(Replacer {
            op: op.into(),
            finder: engine::Finder::new(op, pattern)?,
            pieces: pieces(op, rewrite)?,
            global,
        })
    }

    fn replace(&self, text: &[u8]) -> Result<Vec<u8>> {
        let named = self.pieces.iter().filter_map(|p| if let Piece::Group(k) = p { Some(*k) } else { None });
        if named.max().unwrap_or(0) > self.finder.groups() {
            // Of a group that the expression does not have RE2 makes nothing.
            return Ok(text.to_vec());
        }
        let (mut out, mut done) = (vec![], 0);
        for groups in self.finder.matches(&self.op, text, self.global)? {
            let Some(Some(whole)) = groups.first() else { continue };
            out.extend_from_slice(&text[done..whole.start]);
            for piece in &self.pieces {
                match piece {
                    Piece::Text(t) => out.extend_from_slice(t),
                    Piece::Group(k) => {
                        out.extend_from_slice(
                            groups.get(*k).cloned().flatten().map_or(&[][..], |r| &text[r]),
                        );
                    }
                }
            }
            done = whole.end;
        }
        out.extend_from_slice(&text[done..]);
        Ok(out)
    }
}

/// The places of a match and its groups, the match first; none for a group that took no part.
pub type Groups = Vec<Option<std::ops::Range<usize>>>;

/// Expressions by crate regex, with RE2's reading of what the two write alike.
#[cfg(not(target_family = "wasm"))]
mod engine {
    use super::Groups;
    use crate::error::{Error, Result};
    use regex::bytes::{Captures, Regex};

    pub(super) struct Finder(Regex);

    impl Finder {
        pub(super) fn new(op: &str, pattern: &str) -> Result<Self> {
            let made = Regex::new(&translated(pattern));
            made.map(Finder).map_err(|e| {
                let first = e.to_string();
                let reason = first.lines().last().unwrap_or_default().to_string();
                Error::invalid(op, "pattern", "a regular expression", format_args!("{pattern:?}: {reason}"))
            })
        }

        pub(super) fn groups(&self) -> usize {
            self.0.captures_len() - 1
        }

        pub(super) fn matches(&self, _: &str, text: &[u8], global: bool) -> Result<Vec<Groups>> {
            let groups = |c: Captures<'_>| c.iter().map(|g| g.map(|g| g.range())).collect();
            let most = if global { usize::MAX } else { 1 };
            Ok(self.0.captures_iter(text).take(most).map(groups).collect())
        }
    }

    /// An expression of RE2 in the words of crate regex: classes of Perl are those of ASCII, and nothing but `[:` nests in a class.
    fn translated(pattern: &str) -> String {
        let mut out = String::new();
        let mut class = false;
        let mut rest = pattern.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '\\' => match rest.next() {
                    Some('d') => out.push_str("[0-9]"),
                    Some('D') => out.push_str("[^0-9]"),
                    Some('w') => out.push_str("[0-9A-Za-z_]"),
                    Some('W') => out.push_str("[^0-9A-Za-z_]"),
                    Some('s') => out.push_str("[\\t\\n\\f\\r ]"),
                    Some('S') => out.push_str("[^\\t\\n\\f\\r ]"),
                    Some(b @ ('b' | 'B')) if !class => out.extend(["(?-u:\\", b.to_string().as_str(), ")"]),
                    Some('Q') => {
                        let mut quoted = String::new();
                        while let Some(q) = rest.next() {
                            if q == '\\' && rest.peek() == Some(&'E') {
                                rest.next();
                                break;
                            }
                            quoted.push(q);
                        }
                        out.push_str(&regex::escape(&quoted));
                    }
                    other => out.extend(['\\'].into_iter().chain(other)),
                },
                '[' if !class => {
                    class = true;
                    out.push('[');
                    if rest.peek() == Some(&'^') {
                        out.extend(rest.next());
                    }
                    // A bracket that comes first is one of the class.
                    if rest.peek() == Some(&']') {
                        rest.next();
                        out.push_str("\\]");
                    }
                }
                '[' if rest.peek() == Some(&':') => {
                    out.push('[');
                    for c in rest.by_ref() {
                        out.push(c);
                        if c == ']' {
                            break;
                        }
                    }
                }
                '[' | '&' | '~' if class => out.extend(['\\', c]),
                ']' => {
                    class = false;
                    out.push(']');
                }
                c => out.push(c),
            }
        }
        out
    }
}

/// Expressions by the page: no code for them is in the package.
#[cfg(target_family = "wasm")]
mod engine {
    use super::{FIND, Groups};
    use crate::error::{Error, Result};

    pub(super) struct Finder {
        pattern: String,
        groups: usize,
    }

    impl Finder {
        pub(super) fn new(op: &str, pattern: &str) -> Result<Self> {
            // The expression with an empty choice matches the empty text, and tells how many groups there are.
            let found = find(op, &format!("{pattern}|"), "", false)?;
            find(op, pattern, "", false)?;
            let groups = found.first().map_or(0, |g| g.len().saturating_sub(1));
            Ok(Finder { pattern: pattern.into(), groups })
        }

        pub(super) fn groups(&self) -> usize {
            self.groups
        }

        pub(super) fn matches(&self, op: &str, text: &[u8], global: bool) -> Result<Vec<Groups>> {
            let text = super::text(op, "input", text)?;
            find(op, &self.pattern, text, global)
        }
    }

    fn find(op: &str, pattern: &str, text: &str, global: bool) -> Result<Vec<Groups>> {
        let Some(f) = FIND.get() else {
            return Err(Error::unimplemented(
                op,
                "regular expressions without a finder; give one to set_regex_finder",
            ));
        };
        f(pattern, text, global).map_err(|why| {
            Error::invalid(op, "pattern", "a regular expression", format_args!("{pattern:?}: {why}"))
        })
    }
}

/// Finds the matches of a regular expression in a text, all of them or the first; the error is what is wrong with the expression. Places are
/// those of bytes.
#[cfg(target_family = "wasm")]
pub type RegexFinder =
    fn(pattern: &str, text: &str, global: bool) -> std::result::Result<Vec<Groups>, String>;

#[cfg(target_family = "wasm")]
static FIND: std::sync::OnceLock<RegexFinder> = std::sync::OnceLock::new();

/// Says who finds matches of regular expressions; the first who is named stays.
#[cfg(target_family = "wasm")]
pub fn set_regex_finder(f: RegexFinder) {
    // Who comes second finds that it is settled.
    let _ = FIND.set(f);
}

pub(super) const OPS: &[Row] = &[row::<StaticRegexReplace>(), row::<RegexReplace>()];
