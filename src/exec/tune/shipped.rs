//! Picks that come with the library, for adapters that are not tuned on the spot.

use crate::compiler::codegen::Variant;

const SHIPPED: &str = include_str!("shipped.txt");

/// The library's pick for an adapter whose name starts as a line says.
pub(super) fn pick(adapter: &str, class: &str) -> Option<Variant> {
    let lines = SHIPPED.lines().filter(|l| !l.starts_with('#'));
    lines.filter_map(|l| l.split_once(" = ")).find_map(|(start, rest)| {
        let (c, v) = rest.split_once(" = ")?;
        (adapter.starts_with(start) && c == class).then(|| v.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_well_formed() {
        for line in SHIPPED.lines().filter(|l| !l.starts_with('#')) {
            let parts: Vec<&str> = line.split(" = ").collect();
            assert!(parts.len() == 3 && parts[2].parse::<Variant>().is_ok(), "{line}");
            assert_eq!(pick(parts[0], parts[1]), parts[2].parse().ok());
        }
        assert_eq!(pick("no adapter", "no class"), None);
    }
}
