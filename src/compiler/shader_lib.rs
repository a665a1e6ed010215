//! The functions of `shaders/lib`, and which of them a kernel needs.

use crate::error::{Error, Result};
use std::sync::LazyLock;

/// Functions that the code generator calls on its own, beside those that rows of the elementwise table name.
pub const HELPERS: &[&str] = &[
    "pack_bf16",
    "pack_f16",
    "pack_i8",
    "pack_u8",
    "philox",
    "philox_skip",
    "round_bf16",
    "round_f16",
    "sort_key",
    "to_i32",
    "to_u32",
    "unpack_bf16",
    "unpack_f16",
    "unpack_i8",
    "unpack_u8",
];

const FILES: &[&str] = &[
    include_str!("../../shaders/lib/arith.wgsl"),
    include_str!("../../shaders/lib/exponential.wgsl"),
    include_str!("../../shaders/lib/trig.wgsl"),
    include_str!("../../shaders/lib/hyperbolic.wgsl"),
    include_str!("../../shaders/lib/special.wgsl"),
    include_str!("../../shaders/lib/integer.wgsl"),
    include_str!("../../shaders/lib/pack.wgsl"),
    include_str!("../../shaders/lib/rng.wgsl"),
];

/// A function or constant.
struct Item {
    name: &'static str,
    text: &'static str,
    /// The items it mentions.
    uses: Vec<usize>,
}

static ITEMS: LazyLock<Vec<Item>> = LazyLock::new(|| {
    let mut items: Vec<Item> = FILES.iter().flat_map(|f| scan(f)).collect();
    let names: Vec<&str> = items.iter().map(|i| i.name).collect();
    for item in &mut items {
        let mentioned: Vec<&str> = words(item.text).collect();
        item.uses = (0..names.len()).filter(|&k| mentioned.contains(&names[k])).collect();
    }
    items
});

/// WGSL text of the named functions and of all they call, each once and in the order of the files.
///
/// ```
/// let text = wgflow::compiler::shader_lib::source_of(&["m_cosh"])?;
/// assert!(text.contains("fn m_cosh(") && text.contains("fn m_exp(") && !text.contains("fn m_sinh("));
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `Internal` for a name that is not in the library.
pub fn source_of(names: &[&str]) -> Result<String> {
    let mut needed = vec![false; ITEMS.len()];
    let mut open = vec![];
    for name in names {
        open.push(
            find(name).ok_or_else(|| Error::internal("shader_lib", format_args!("no function {name}")))?,
        );
    }
    while let Some(k) = open.pop() {
        if !std::mem::replace(&mut needed[k], true) {
            open.extend(&ITEMS[k].uses);
        }
    }
    let mut text = String::new();
    for item in ITEMS.iter().zip(needed).filter_map(|(item, needed)| needed.then_some(item)) {
        text.push_str(item.text);
        text.push('\n');
    }
    Ok(text)
}

fn find(name: &str) -> Option<usize> {
    ITEMS.iter().position(|i| i.name == name)
}

/// The items of a file. Each begins at the start of a line; a function ends with the first brace there, a constant with its line.
fn scan(file: &'static str) -> impl Iterator<Item = Item> {
    let mut rest = file;
    std::iter::from_fn(move || {
        let (start, end) = loop {
            let length = rest.find('\n')? + 1;
            let line = &rest[..length];
            if line.starts_with("fn ") {
                break (3, rest.find("\n}\n")? + 3);
            }
            if line.starts_with("const ") {
                break (6, length);
            }
            rest = &rest[length..];
        };
        let (text, after) = rest.split_at(end);
        rest = after;
        Some(Item { name: words(&text[start..]).next()?, text, uses: vec![] })
    })
}

/// The identifiers of a text, comments included.
fn words(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|w| !w.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hlo::Ew;
    use crate::hlo::rows::Functor;

    /// The library functions that rows name. `select` is a builtin with its operands in another order.
    fn named_by_rows() -> Vec<&'static str> {
        let rows = Ew::ALL.iter().map(|op| op.row());
        let functors = rows.flat_map(|r| [r.wgsl_float, r.wgsl_int, r.wgsl_uint, r.wgsl_bool]);
        let lib = functors.filter_map(|f| match f {
            Some(Functor::Lib(name)) if name != "select" => Some(name),
            _ => None,
        });
        lib.collect()
    }

    /// `||` and `&&` are branches. A kernel of a few dozen of them in nested loops keeps some drivers compiling for minutes.
    #[test]
    fn functions_do_not_branch_where_they_can_compute() {
        for text in FILES {
            let code = text.lines().filter(|l| !l.trim_start().starts_with("//"));
            let branches: Vec<&str> = code.filter(|l| l.contains("||") || l.contains("&&")).collect();
            assert!(branches.is_empty(), "use | and & of bool: {branches:?}");
        }
    }

    #[test]
    fn rows_and_library_agree() {
        let roots: Vec<&str> = named_by_rows().into_iter().chain(HELPERS.iter().copied()).collect();
        for name in &roots {
            assert!(find(name).is_some(), "{name} is not in shaders/lib");
        }
        let text = source_of(&roots).unwrap();
        for item in ITEMS.iter() {
            assert!(text.contains(item.text), "{} is used by nothing", item.name);
        }
        for name in HELPERS {
            assert!(!named_by_rows().contains(name), "{name} is a row's");
        }
    }

    #[test]
    fn every_declaration_is_found_once() {
        let declared: usize = FILES
            .iter()
            .flat_map(|f| f.lines())
            .map(|l| {
                usize::from(l.contains("fn ") && l.contains("->")) + usize::from(l.starts_with("const "))
            })
            .sum();
        assert_eq!(ITEMS.len(), declared);
        let mut names: Vec<&str> = ITEMS.iter().map(|i| i.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ITEMS.len(), "a name is declared twice");
        for item in ITEMS.iter() {
            assert_eq!(item.text.matches('{').count(), item.text.matches('}').count(), "{}", item.name);
        }
    }

    #[test]
    fn closures_hold_what_is_called_and_nothing_else() {
        let text = source_of(&["m_sinh", "m_cosh"]).unwrap();
        assert_eq!(text.matches("fn m_exp(").count(), 1);
        assert!(text.contains("fn m_less_ln2(") && !text.contains("m_log"));
        assert!(text.find("fn m_exp(") < text.find("fn m_sinh("), "in file order");
        assert!(source_of(&["m_sinh", "m_missing"]).is_err());
        assert_eq!(source_of(&[]).unwrap(), "");
    }
}
