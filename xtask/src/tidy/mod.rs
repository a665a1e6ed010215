//! The rules of the house that no compiler checks.

mod docs;
mod layers;
mod sizes;
mod words;

use crate::shell::{Done, root};
use std::error::Error;
use std::path::Path;

/// Checks the rules of the house: layers, sizes of files, documents, words.
///
/// Layers only look down, only the runtime names wgpu, files stay small, folders say what they are for, invariants name tests that exist,
/// generated documents are fresh, nothing is left unfinished.
#[derive(clap::Args)]
pub(crate) struct Tidy {}

/// A text file of the project.
pub(crate) struct File {
    /// From the root, with slashes.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Tidy {
    pub(crate) fn run(&self) -> Done {
        let files = files()?;
        let mut problems = layers::check(&files)?;
        problems.extend(sizes::check(&files));
        problems.extend(docs::check(&files)?);
        problems.extend(words::check(&files));
        if problems.is_empty() {
            println!("tidy: {} files", files.len());
            return Ok(());
        }
        problems.iter().for_each(|p| println!("{p}"));
        Err(format!("{} problems", problems.len()).into())
    }
}

/// All text files of the project.
fn files() -> Result<Vec<File>, Box<dyn Error>> {
    const ENDINGS: &[&str] = &["rs", "wgsl", "py", "md", "toml", "sh", "ts", "js", "html", "yml"];
    let root = root();
    let mut found = vec![];
    let mut open = vec![root.clone()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                if !matches!(&*name, ".git" | "target" | "node_modules" | "dist" | "pkg") {
                    open.push(path);
                }
            } else if ENDINGS.iter().any(|e| name.ends_with(&format!(".{e}"))) || in_ci(&path) {
                let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
                found.push(File { path: relative(&root, &path), text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

fn in_ci(path: &Path) -> bool {
    path.parent().and_then(Path::file_name).is_some_and(|d| d == ".ci")
}

fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/")
}
