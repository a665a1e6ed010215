//! Small files.

use super::File;

/// Most lines of a Rust file.
const RUST: usize = 600;
/// Most lines of a shader.
const WGSL: usize = 300;

pub(super) fn check(files: &[File]) -> Vec<String> {
    let limit = |path: &str| match path.rsplit('.').next() {
        Some("rs") => RUST,
        Some("wgsl") => WGSL,
        _ => usize::MAX,
    };
    let lines = files.iter().map(|f| (f, f.text.lines().count(), limit(&f.path)));
    let long = lines.filter(|(_, n, limit)| n > limit);
    long.map(|(f, n, limit)| format!("{}: {n} lines; the limit is {limit}: split it", f.path)).collect()
}
