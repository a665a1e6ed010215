//! Layers only look down, and only two of them know wgpu.

use super::File;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::HashMap;
use std::error::Error;

/// The layers, lowest first. What stands in one line may use each other.
const LAYERS: &[&[&str]] = &[
    &["error", "dtype", "shape"],
    &["runtime", "config"],
    &["hlo"],
    &["compiler", "cpu", "exec"],
    &["tensor"],
    &["ops", "autodiff"],
    &["function"],
    &["data", "datasets"],
    &["keras"],
    &["io", "summary", "distribute", "serve", "compat"],
];

/// Modules that may name wgpu.
const WGPU: &[&str] = &["runtime"];

/// One problem a line that looks up, one a module that stands in no layer.
pub(super) fn check(files: &[File]) -> Result<Vec<String>, Box<dyn Error>> {
    let ranks: HashMap<&str, usize> =
        LAYERS.iter().enumerate().flat_map(|(rank, names)| names.iter().map(move |n| (*n, rank))).collect();
    let sources = || files.iter().filter(|f| f.path.starts_with("src/") && f.path.ends_with(".rs"));
    let reexports = match sources().find(|f| f.path == "src/lib.rs") {
        Some(lib) => reexports(&tokens(lib)?),
        None => return Err("src/lib.rs is missing".into()),
    };
    let mut problems = vec![];
    for file in sources().filter(|f| f.path != "src/lib.rs") {
        let module: Vec<String> = module_of(&file.path);
        let own = module[0].as_str();
        let Some(&rank) = ranks.get(own) else {
            problems.push(format!(
                "{}: module {own} stands in no layer; give it a place in xtask/src/tidy/layers.rs",
                file.path
            ));
            continue;
        };
        let mut edges = vec![];
        walk(tokens(file)?, module.len(), &mut edges);
        for edge in edges {
            let target = match &edge.target {
                Target::Wgpu if WGPU.contains(&own) => continue,
                Target::Wgpu => {
                    problems.push(format!("{}:{}: only {WGPU:?} may name wgpu", file.path, edge.line));
                    continue;
                }
                Target::Crate(name) => reexports.get(name).unwrap_or(name),
            };
            if let Some(&above) = ranks.get(target.as_str())
                && above > rank
            {
                problems.push(format!(
                    "{}:{}: {own} (layer {rank}) names {target} (layer {above}); layers only look down",
                    file.path, edge.line
                ));
            }
        }
    }
    Ok(problems)
}

enum Target {
    /// A name at the root of the crate.
    Crate(String),
    Wgpu,
}

struct Edge {
    line: usize,
    target: Target,
}

fn tokens(file: &File) -> Result<TokenStream, Box<dyn Error>> {
    file.text.parse().map_err(|e| format!("{}: {e}", file.path).into())
}

/// `src/ops/nn/mod.rs` is `ops, nn`.
fn module_of(path: &str) -> Vec<String> {
    let path = path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    path.split('/').map(String::from).collect()
}

/// Which module each `pub use module::{names}` of the crate's root brings a name from.
fn reexports(root: &TokenStream) -> HashMap<String, String> {
    let mut found = HashMap::new();
    let all: Vec<TokenTree> = root.clone().into_iter().collect();
    for k in 0..all.len() {
        let (Some(TokenTree::Ident(u)), Some(TokenTree::Ident(module))) = (all.get(k), all.get(k + 1)) else {
            continue;
        };
        if u != "use" {
            continue;
        }
        let rest =
            all[k + 2..].iter().take_while(|t| !matches!(t, TokenTree::Punct(p) if p.as_char() == ';'));
        let mut open: Vec<TokenTree> = rest.cloned().collect();
        while let Some(t) = open.pop() {
            match t {
                TokenTree::Ident(i) => drop(found.insert(i.to_string(), module.to_string())),
                TokenTree::Group(g) => open.extend(g.stream()),
                _ => {}
            }
        }
    }
    found
}

/// Paths that start at the crate's root (`crate::`, `$crate::`, or `super::` often enough; `depth` modules lead here), and wgpu's.
fn walk(stream: TokenStream, depth: usize, edges: &mut Vec<Edge>) {
    let all: Vec<TokenTree> = stream.into_iter().collect();
    let ident = |k: usize| match all.get(k) {
        Some(TokenTree::Ident(i)) => i.to_string(),
        _ => String::new(),
    };
    let colons = |k: usize| {
        let colon = |k: usize| matches!(all.get(k), Some(TokenTree::Punct(p)) if p.as_char() == ':');
        colon(k) && colon(k + 1)
    };
    let mut k = 0;
    while k < all.len() {
        let line = all[k].span().start().line;
        let (mut at, mut to_root) = (k, false);
        if ident(k) == "crate" && colons(k + 1) {
            (at, to_root) = (k + 3, true);
        } else if ident(k) == "super" && colons(k + 1) {
            let mut up = 0;
            while ident(at) == "super" && colons(at + 1) {
                (at, up) = (at + 3, up + 1);
            }
            to_root = up >= depth;
        } else if ident(k) == "wgpu" && colons(k + 1) && !(k >= 2 && colons(k - 2)) {
            edges.push(Edge { line, target: Target::Wgpu });
        }
        if to_root {
            match all.get(at) {
                Some(TokenTree::Group(g)) => first_names(g.stream(), edges),
                Some(TokenTree::Ident(i)) => edges.push(Edge { line, target: Target::Crate(i.to_string()) }),
                _ => {}
            }
        }
        // A module in braces lies one deeper.
        if let TokenTree::Group(g) = &all[k] {
            let inline = g.delimiter() == Delimiter::Brace && k >= 2 && ident(k - 2) == "mod";
            walk(g.stream(), depth + usize::from(inline), edges);
        }
        k = if at > k { at } else { k + 1 };
    }
}

/// The first name of each path of `{a, b::c}`.
fn first_names(stream: TokenStream, edges: &mut Vec<Edge>) {
    let mut first = true;
    for t in stream {
        match t {
            TokenTree::Punct(p) if p.as_char() == ',' => first = true,
            TokenTree::Ident(i) if first => {
                first = false;
                let line = i.span().start().line;
                edges.push(Edge { line, target: Target::Crate(i.to_string()) });
            }
            _ => first = false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{File, check};

    fn problems(path: &str, text: &str) -> Vec<String> {
        let file = |path: &str, text: &str| File { path: path.into(), text: text.into() };
        let lib = file("src/lib.rs", "mod ops; pub use tensor::{Tensor, Variable}; pub use error::Result;");
        check(&[lib, file(path, text)]).expect("Rust")
    }

    #[test]
    fn looking_up_is_found_however_it_is_written() {
        for up in [
            "use crate::ops::math;",
            "use crate::{error::Error, keras};",
            "fn f() -> u8 { crate::function::g() }",
            "use super::super::ops;",
            "mod inner { use super::super::super::ops; }",
            "macro_rules! m { () => { $crate::ops::add() } }",
            "use crate::Tensor;",
            "fn f(d: wgpu::Device) {}",
        ] {
            let found = problems("src/hlo/graph.rs", &format!("\n{up}"));
            assert!(found.len() == 1 && found[0].starts_with("src/hlo/graph.rs:2: "), "{up}: {found:?}");
        }
    }

    #[test]
    fn looking_down_is_free() {
        let text = "// crate::ops\nuse crate::{Result, error::Error}; use super::super::shape; use super::ops; const A: &str = \"crate::ops\";";
        assert_eq!(problems("src/hlo/graph.rs", text), [""; 0]);
        assert_eq!(problems("src/new/mod.rs", "").len(), 1);
    }
}
