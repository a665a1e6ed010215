//! What can be changed in a file: one token at a time, so that it still means something of the same type.

use proc_macro2::{Group, Literal, TokenStream, TokenTree};
use std::ops::Range;

/// One change of one file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mutant {
    /// From the root.
    pub(crate) file: String,
    pub(crate) line: usize,
    /// The bytes that are replaced.
    pub(crate) range: Range<usize>,
    pub(crate) from: String,
    pub(crate) to: String,
}

impl Mutant {
    /// The file's text with the change.
    pub(crate) fn apply(&self, text: &str) -> String {
        format!("{}{}{}", &text[..self.range.start], self.to, &text[self.range.end..])
    }
}

impl std::fmt::Display for Mutant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {} -> {}", self.file, self.line, self.from, self.to)
    }
}

/// Calls of graph builders and functions of shaders that have an opposite.
const OPPOSITES: &[(&str, &str)] = &[
    ("add", "sub"),
    ("mul", "div"),
    ("max", "min"),
    ("sin", "cos"),
    ("sinh", "cosh"),
    ("exp", "log"),
    ("floor", "ceil"),
    ("zeros_like", "ones_like"),
    ("true", "false"),
    ("gt", "le"),
    ("lt", "ge"),
    ("eq", "ne"),
];

/// Binary operators and what they become; longer ones first.
const OPERATORS: &[(&str, &str)] = &[
    ("<<", ">>"),
    (">>", "<<"),
    ("<=", "<"),
    (">=", ">"),
    ("==", "!="),
    ("!=", "=="),
    ("&&", "||"),
    ("||", "&&"),
    ("+", "-"),
    ("-", "+"),
    ("*", "/"),
    ("/", "*"),
    ("%", "*"),
    ("<", ">="),
    (">", "<="),
    ("&", "|"),
    ("|", "&"),
    ("^", "&"),
];

/// Changes in a shader, or in the derivatives of a Rust file.
pub(crate) fn mutants(file: &str, text: &str) -> Result<Vec<Mutant>, String> {
    let stream: TokenStream = text.parse().map_err(|e| format!("{file}: {e}"))?;
    let mut search = Search { file, text, bytes: byte_offsets(text), found: vec![] };
    if file.ends_with(".wgsl") {
        search.all(stream, true);
    } else {
        search.derivatives(stream, file.contains("/vjp/"));
    }
    Ok(search.found)
}

struct Search<'a> {
    file: &'a str,
    text: &'a str,
    /// Where each line starts.
    bytes: Vec<usize>,
    found: Vec<Mutant>,
}

fn byte_offsets(text: &str) -> Vec<usize> {
    [0].into_iter().chain(text.match_indices('\n').map(|(k, _)| k + 1)).collect()
}

impl Search<'_> {
    /// Bodies of derivatives: everywhere in `whole` files, else behind `vjp` and in functions that take a graph.
    fn derivatives(&mut self, stream: TokenStream, whole: bool) {
        let all: Vec<TokenTree> = stream.into_iter().collect();
        let mut k = 0;
        while k < all.len() {
            match &all[k] {
                TokenTree::Ident(i) if i == "vjp" || i == "vjps" => k = self.rule(&all, k),
                TokenTree::Ident(i) if i == "fn" => k = self.function(&all, k, whole),
                // Unit tests, and tables that are no code.
                TokenTree::Ident(i) if i == "mod" && next_is(&all, k, "tests") => k += 3,
                TokenTree::Group(g) => {
                    self.derivatives(g.stream(), whole);
                    k += 1;
                }
                _ => k += 1,
            }
        }
    }

    /// `.vjp(|g, x, y, dy| ...)`, or `vjp |s, g, x, y, dy| ...;` of an op.
    fn rule(&mut self, all: &[TokenTree], k: usize) -> usize {
        match all.get(k + 1) {
            Some(TokenTree::Group(g)) => {
                self.all(after_bars(&g.stream().into_iter().collect::<Vec<_>>()), false);
                k + 2
            }
            Some(TokenTree::Punct(p)) if p.as_char() == '|' => {
                let end = all[k..].iter().position(|t| is_punct(t, ';')).map_or(all.len(), |n| k + n);
                self.all(after_bars(&all[k + 1..end]), false);
                end
            }
            _ => k + 1,
        }
    }

    fn function(&mut self, all: &[TokenTree], k: usize, whole: bool) -> usize {
        let body = all[k..].iter().position(|t| matches!(t, TokenTree::Group(g) if is_braced(g)));
        let Some(end) = body.map(|n| k + n) else { return k + 1 };
        let head: String = all[k..end].iter().map(ToString::to_string).collect();
        if let TokenTree::Group(g) = &all[end]
            && (whole || head.contains("Graph"))
        {
            self.all(g.stream(), false);
        }
        end + 1
    }

    fn all(&mut self, stream: TokenStream, shader: bool) {
        let all: Vec<TokenTree> = stream.into_iter().collect();
        let mut k = 0;
        // Depth of `<` that open type parameters of WGSL.
        let mut types = 0_usize;
        while k < all.len() {
            match &all[k] {
                TokenTree::Group(g) => self.all(g.stream(), shader),
                TokenTree::Ident(i) => self.word(&all, k, &i.to_string(), shader),
                TokenTree::Literal(l) => self.literal(l),
                TokenTree::Punct(p) => {
                    let after_type = k > 0 && shader && is_type(&all[k - 1]);
                    match p.as_char() {
                        '<' if after_type => types += 1,
                        '>' if types > 0 => types -= 1,
                        _ => k += self.operator(&all, k),
                    }
                }
            }
            k += 1;
        }
    }

    fn word(&mut self, all: &[TokenTree], k: usize, word: &str, shader: bool) {
        let called = matches!(all.get(k + 1), Some(TokenTree::Group(_))) || matches!(word, "true" | "false");
        let method =
            k > 1 && is_punct(&all[k - 1], '.') && matches!(&all[k - 2], TokenTree::Ident(i) if i == "g");
        if !called || !(shader || method || matches!(word, "true" | "false")) {
            return;
        }
        for (a, b) in OPPOSITES {
            if word == *a || word == *b {
                let to = if word == *a { b } else { a };
                self.push(self.range(&all[k]), to);
            }
        }
        if method && word == "neg" {
            let range = self.range(&all[k - 2]).start..self.range(&all[k]).end;
            self.push(range, "Ok::<Val, crate::Error>");
        }
    }

    /// Numbers become others, plainly different ones.
    fn literal(&mut self, l: &Literal) {
        let text = l.to_string();
        let range = self.range(&TokenTree::Literal(l.clone()));
        let hex = text.starts_with("0x");
        let end = if hex { text.find(['u', 'i']) } else { text.find(['u', 'i', 'f']) }.unwrap_or(text.len());
        let (number, suffix) = text.split_at(end);
        let to = if let Some(digits) = number.strip_prefix("0x") {
            u64::from_str_radix(digits, 16).ok().map(|v| format!("0x{:x}", v ^ 1))
        } else if let Ok(v) = number.parse::<u64>() {
            Some(format!("{}", v + 1))
        } else if let Ok(v) = number.parse::<f64>() {
            Some(if v == 0.0 { "1.0".into() } else { format!("{:?}", v * 1.5) })
        } else {
            None
        };
        if let Some(to) = to {
            self.push(range, &format!("{to}{suffix}"));
        }
    }

    /// A binary operator at `k`; how many tokens it has beyond the first.
    fn operator(&mut self, all: &[TokenTree], k: usize) -> usize {
        let start = self.range(&all[k]).start;
        let spaced = |end: usize| {
            self.text[..start].ends_with([' ', '\n']) && self.text[end..].starts_with([' ', '\n'])
        };
        let is_operator =
            |(from, _): &&(&str, &str)| self.text[start..].starts_with(from) && spaced(start + from.len());
        let Some((from, to)) = OPERATORS.iter().find(is_operator) else { return 0 };
        self.push(start..start + from.len(), to);
        from.len() - 1
    }

    fn push(&mut self, range: Range<usize>, to: &str) {
        let line = self.bytes.partition_point(|&b| b <= range.start);
        let from = self.text[range.clone()].to_string();
        self.found.push(Mutant { file: self.file.into(), line, range, from, to: to.into() });
    }

    fn range(&self, t: &TokenTree) -> Range<usize> {
        let (a, b) = (t.span().start(), t.span().end());
        let at = |line: usize, column: usize| {
            let start = self.bytes[line - 1];
            let chars = self.text[start..].char_indices().nth(column);
            chars.map_or(self.text.len(), |(k, _)| start + k)
        };
        at(a.line, a.column)..at(b.line, b.column)
    }
}

fn is_braced(g: &Group) -> bool {
    g.delimiter() == proc_macro2::Delimiter::Brace
}

fn is_punct(t: &TokenTree, c: char) -> bool {
    matches!(t, TokenTree::Punct(p) if p.as_char() == c)
}

fn next_is(all: &[TokenTree], k: usize, word: &str) -> bool {
    matches!(all.get(k + 1), Some(TokenTree::Ident(i)) if i == word)
}

/// Names that type parameters follow in WGSL.
fn is_type(t: &TokenTree) -> bool {
    let TokenTree::Ident(i) = t else { return false };
    let name = i.to_string();
    ["vec", "mat"].iter().any(|p| name.starts_with(p))
        || matches!(&*name, "bitcast" | "array" | "ptr" | "atomic" | "var")
}

/// What stands behind the parameters of a closure.
fn after_bars(all: &[TokenTree]) -> TokenStream {
    let second = all.iter().enumerate().filter(|(_, t)| is_punct(t, '|')).nth(1);
    second.map_or_else(TokenStream::new, |(k, _)| all[k + 1..].iter().cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::mutants;

    fn texts(file: &str, text: &str) -> Vec<String> {
        mutants(file, text).expect("tokens").iter().map(|m| m.apply(text)).collect()
    }

    #[test]
    fn shaders_change_in_one_place_at_a_time() {
        let text = "fn f(x: f32) -> vec2<f32> { return vec2<f32>(x * 2.0f, max(x, -x)); } // 1 + 1";
        assert_eq!(
            texts("a.wgsl", text),
            [text.replace('*', "/"), text.replace("2.0f", "3.0f"), text.replace("max", "min")]
        );
    }

    #[test]
    fn rows_change_in_their_derivatives_only() {
        let text = "const A: f64 = 2.0; Row::new(1).tol(3.0).vjp(|g, x, _, dy| { let s = g.neg(x[0])?; g.mul(dy, s) })";
        assert_eq!(
            texts("src/hlo/rows/a.rs", text),
            [
                text.replace("g.neg", "Ok::<Val, crate::Error>"),
                text.replace("x[0]", "x[1]"),
                text.replace("mul", "div")
            ]
        );
        let op = "op! { A in \"b\" build |s, g| g.add(1.0); vjp |s, g, x, y, dy| g.add(dy, y); cases [1.0] }";
        assert_eq!(texts("src/ops/a.rs", op), [op.replace("g.add(dy", "g.sub(dy")]);
    }
}
