//! A table of picks, in memory and in a file of the cache folder.

use crate::compiler::codegen::Variant;
use crate::runtime::{folder, stable_hash, write_whole};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// First word of a file, and the version of its format.
const HEAD: &str = "wgflow-tuning 1";

/// The picks for one adapter, driver and version, and where they are kept.
#[derive(Debug)]
pub(super) struct Table {
    name: String,
    path: Option<PathBuf>,
    picks: BTreeMap<String, Variant>,
}

impl Table {
    /// The table of that name, from the cache folder where it has one. A file that cannot be read is told, and starts empty.
    pub(super) fn read(name: &str) -> Self {
        Self::at(folder("tuning").map(|f| f.join(file_of(name))), name)
    }

    fn at(path: Option<PathBuf>, name: &str) -> Self {
        let mut table = Table { name: name.into(), path, picks: BTreeMap::new() };
        let Some(path) = table.path.as_deref().filter(|p| p.exists()) else { return table };
        match std::fs::read_to_string(path).map_err(|e| e.to_string()).and_then(|t| parse(&t, name)) {
            Ok(picks) => table.picks = picks,
            Err(what) => log::warn!("{}: {what}; kernels are tuned anew", path.display()),
        }
        table
    }

    pub(super) fn get(&self, class: &str) -> Option<Variant> {
        self.picks.get(class).copied()
    }

    /// Adds a pick and writes the table, whole or not at all.
    pub(super) fn add(&mut self, class: String, picked: Variant) {
        self.picks.insert(class, picked);
        let Some(path) = &self.path else { return };
        if let Err(e) = write_whole(path, self.text().as_bytes()) {
            log::warn!("{}: {e}; picks are forgotten at the end", path.display());
            self.path = None;
        }
    }

    fn text(&self) -> String {
        let lines: Vec<String> = self.picks.iter().map(|(class, v)| format!("{class} = {v}\n")).collect();
        format!("{HEAD}\n{}\n{}end {}\n", self.name, lines.concat(), lines.len())
    }
}

/// What a file says; an error where it is not whole, or another adapter's.
fn parse(text: &str, name: &str) -> Result<BTreeMap<String, Variant>, String> {
    let mut lines = text.lines();
    if lines.next() != Some(HEAD) {
        return Err("not a table of this format".into());
    }
    if lines.next() != Some(name) {
        return Err("a table of another adapter, driver or version".into());
    }
    let mut picks = BTreeMap::new();
    for line in lines {
        if let Some(count) = line.strip_prefix("end ") {
            let whole = count.parse() == Ok(picks.len());
            return if whole { Ok(picks) } else { Err(format!("{} picks instead of {count}", picks.len())) };
        }
        let (class, v) = line.split_once(" = ").ok_or_else(|| format!("no pick: '{line}'"))?;
        picks.insert(class.to_string(), v.parse()?);
    }
    Err("the end is missing".into())
}

/// A file name of letters, digits and a number for all the rest.
fn file_of(name: &str) -> String {
    let hash = stable_hash(name);
    let words: String =
        name.chars().take(32).map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    format!("{words}-{hash:016x}.txt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picks_outlive_the_process_and_broken_files_do_not_matter() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("deep/table.txt");
        let at = || Table::at(Some(path.clone()), "adapter 1");
        let v: Variant = "registers 8x4".parse()?;
        let mut table = at();
        assert_eq!(table.get("a b"), None);
        table.add("a b".into(), v);
        table.add("c".into(), "workgroup 4x1".parse()?);
        assert_eq!(at().get("a b"), Some(v));
        // Another adapter's, cut off at any place, or something else: empty.
        assert_eq!(Table::at(Some(path.clone()), "adapter 2").get("a b"), None);
        let whole = std::fs::read_to_string(&path)?;
        for cut in 0..whole.len() - 1 {
            std::fs::write(&path, &whole[..cut])?;
            assert_eq!(at().get("a b"), None, "{cut}");
        }
        std::fs::write(&path, whole.replace("8x4", "8xq"))?;
        assert_eq!(at().get("c"), None);
        Ok(())
    }
}
