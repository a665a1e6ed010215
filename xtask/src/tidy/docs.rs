//! Documents that must be there, and what they promise.

use super::File;
use crate::codegen;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use wgflow::ops;

/// Documents of the project.
const DOCUMENTS: &[&str] = &[
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/ADDING_AN_OP.md",
    "docs/ARCHITECTURE.md",
    "docs/BENCHMARKS.md",
    "docs/DEPENDENCIES.md",
    "docs/NUMERICS.md",
    "docs/OPS.md",
];

pub(super) fn check(files: &[File]) -> Result<Vec<String>, Box<dyn Error>> {
    let texts: BTreeMap<&str, &str> = files.iter().map(|f| (&*f.path, &*f.text)).collect();
    let missing = DOCUMENTS.iter().filter(|d| !texts.contains_key(**d));
    let mut problems: Vec<String> = missing.map(|d| format!("{d}: missing")).collect();
    problems.extend(folders(&texts));
    problems.extend(links(files, &texts));
    if let Some(text) = texts.get("docs/ARCHITECTURE.md") {
        problems.extend(invariants(text, &texts));
    }
    problems.extend(codegen::stale(&texts)?);
    problems.extend(dependencies(&texts));
    problems.extend(registered(&texts));
    Ok(problems)
}

/// Every folder of the library says in its `mod.rs` what it is for.
fn folders(texts: &BTreeMap<&str, &str>) -> Vec<String> {
    let rust = texts.keys().filter(|p| p.ends_with(".rs"));
    let rust = rust.filter(|p| ["src/", "tests/", "xtask/"].iter().any(|d| p.starts_with(d)));
    let modules = rust.filter(|p| !p.starts_with("tests/suite/") || p.ends_with("/main.rs"));
    let silent = modules.filter(|p| !texts[**p].starts_with("//!"));
    silent.map(|p| format!("{p}:1: no word on what the module is for (`//! ...`)")).collect()
}

/// Relative links lead to files that exist.
fn links(files: &[File], texts: &BTreeMap<&str, &str>) -> Vec<String> {
    let mut problems = vec![];
    let root = crate::shell::root();
    for f in files.iter().filter(|f| f.path.ends_with(".md")) {
        let dir = f.path.rsplit_once('/').map_or("", |(d, _)| d);
        for (k, line) in f.text.lines().enumerate() {
            for part in line.split("](").skip(1) {
                let target = part.split([')', '#']).next().unwrap_or_default();
                if target.is_empty() || target.contains("://") {
                    continue;
                }
                if !texts.contains_key(target) && !root.join(dir).join(target).exists() {
                    problems.push(format!("{}:{}: {target} does not exist", f.path, k + 1));
                }
            }
        }
    }
    problems
}

/// `1. **Text** ... (`path::test`)`: every numbered invariant ends with the tests that guard it, and these exist.
fn invariants(text: &str, texts: &BTreeMap<&str, &str>) -> Vec<String> {
    let path = "docs/ARCHITECTURE.md";
    let tests: Vec<(&str, BTreeSet<String>)> =
        texts.iter().filter(|(p, _)| p.ends_with(".rs")).map(|(p, t)| (*p, tests_of(t))).collect();
    // `a::b::name` stands in a/b.rs or a/b/mod.rs.
    let is_test = |name: &str| {
        let (module, name) = name.rsplit_once("::").unwrap_or(("", name));
        let file = module.replace("::", "/");
        let ends = [format!("/{file}.rs"), format!("/{file}/mod.rs")];
        let fits = |p: &str| module.is_empty() || ends.iter().any(|e| format!("/{p}").ends_with(e));
        tests.iter().any(|(p, names)| fits(p) && names.contains(name))
    };
    let mut problems = vec![];
    let section = text.split("\n## ").find(|s| s.starts_with("Invariants")).unwrap_or_default();
    let mut items: Vec<String> = vec![];
    for line in section.lines() {
        let number = line
            .split_once(". ")
            .is_some_and(|(n, _)| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
        match items.last_mut() {
            _ if number => items.push(line.into()),
            Some(item) if line.starts_with("   ") => *item = format!("{item} {}", line.trim()),
            _ => {}
        }
    }
    if items.is_empty() {
        problems.push(format!("{path}: no invariants under \"## Invariants\""));
    }
    for item in items {
        let number = item.split('.').next().unwrap_or_default();
        let named: Vec<&str> = match item.split_once("Guarded by ") {
            Some((_, rest)) => rest.split('`').skip(1).step_by(2).collect(),
            None => vec![],
        };
        if named.is_empty() {
            problems.push(format!("{path}: invariant {number} names no test (\"Guarded by `test`\")"));
        }
        for name in named {
            let known = name.starts_with("cargo ") || is_test(name);
            if !known {
                problems.push(format!("{path}: invariant {number} names `{name}`, which is no test"));
            }
        }
    }
    problems
}

/// Names of functions behind `#[test]`, and of those that `in_parts!` makes tests of.
fn tests_of(text: &str) -> BTreeSet<String> {
    let marked = text.split("#[test]").skip(1);
    let named = marked.filter_map(|t| t.split("fn ").nth(1)?.split('(').next().map(String::from));
    let parts = text.split("\nin_parts!(").skip(1).filter_map(|t| t.split(')').next().map(String::from));
    named.chain(parts).collect()
}

/// Every dependency has its reason in docs/DEPENDENCIES.md.
fn dependencies(texts: &BTreeMap<&str, &str>) -> Vec<String> {
    let document = texts.get("docs/DEPENDENCIES.md").copied().unwrap_or_default();
    let mut problems = vec![];
    for (path, text) in texts.iter().filter(|(p, _)| p.ends_with("Cargo.toml")) {
        let mut inside = false;
        for line in text.lines() {
            if line.starts_with('[') {
                inside = line.ends_with("dependencies]");
            } else if let (true, Some((name, _))) = (inside, line.split_once('=')) {
                let name = name.split('.').next().unwrap_or(name).trim();
                if !name.starts_with("wgflow")
                    && !name.starts_with('#')
                    && !document.contains(&format!("`{name}`"))
                {
                    problems.push(format!("{path}: docs/DEPENDENCIES.md does not say why {name} is there"));
                }
            }
        }
    }
    problems
}

/// Every op that is declared is registered: a struct of `op!` stands in a family's list.
fn registered(texts: &BTreeMap<&str, &str>) -> Vec<String> {
    let known: BTreeSet<&str> = ops::rows().map(|r| r.info.name).collect();
    let mut problems = vec![];
    for (path, text) in texts.iter().filter(|(p, _)| p.starts_with("src/ops/") && p.ends_with(".rs")) {
        let lines: Vec<&str> = text.lines().collect();
        for (k, line) in lines.iter().enumerate() {
            let Some((head, api)) = line.split_once(" in ").filter(|(_, api)| api.starts_with(['"', 'a']))
            else {
                continue;
            };
            let declared = lines[..k]
                .iter()
                .rev()
                .find(|l| !l.trim().starts_with("///"))
                .is_some_and(|l| l.trim().ends_with("op! {"));
            if !declared || !api.contains("\"tf.") {
                continue;
            }
            let name = head.split_once(" as ").map_or(head.trim(), |(_, raw)| raw.trim().trim_matches('"'));
            if !name.starts_with('$') && !known.contains(name) {
                problems.push(format!("{path}:{}: op {name} stands in no family's list", k + 1));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::invariants;
    use std::collections::BTreeMap;

    #[test]
    fn invariants_must_name_tests_that_exist() {
        let texts = BTreeMap::from([("a.rs", "#[test]\nfn holds() {}")]);
        let of = |list: &str| invariants(&format!("# A\n\n## Invariants\n\n{list}\n\n## B\n\n9. x"), &texts);
        assert_eq!(of("1. True.\n   Guarded by `a::holds`."), [""; 0]);
        assert_eq!(of("1. True. Guarded by `holds`."), [""; 0]);
        assert_eq!(of("1. True. Guarded by `b::holds`.").len(), 1);
        assert_eq!(of("1. True. Guarded by `fails`.").len(), 1);
        assert_eq!(of("1. True.").len(), 1);
        assert_eq!(of("").len(), 1);
    }
}
