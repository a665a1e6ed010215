//! What compiling did, as files.

use super::{Executable, Target};
use crate::compiler::codegen::launches;
use crate::compiler::kernel::KernelKind;
use crate::compiler::passes;
use crate::compiler::plan::Plan;
use crate::error::{Error, ErrorKind, Result};
use crate::hlo::Graph;
use std::fmt::Write;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

static NEXT: AtomicUsize = AtomicUsize::new(0);

/// Writes the graph before and after every pass, the plan with its memory, and the kernels' texts into a new folder inside of `folder`.
pub(crate) fn dump(folder: &Path, label: &str, g: &Graph, target: &Target, e: &Executable) -> Result<()> {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let safe: String = label.chars().map(|c| if c.is_alphanumeric() || c == '.' { c } else { '_' }).collect();
    let own = folder.join(format!("{number:04}-{safe}"));
    let write = |name: String, text: &str| std::fs::write(own.join(name), text).map_err(|e| failed(&own, &e));
    std::fs::create_dir_all(&own).map_err(|e| failed(&own, &e))?;
    for (k, (pass, text)) in passes::texts(g, &target.fuse)?.iter().enumerate() {
        write(format!("{k:02}-{pass}.txt"), text)?;
    }
    write("plan.txt".into(), &e.plan().to_text())?;
    if let Some(rules) = &target.codegen {
        for (k, step) in e.plan().steps.iter().enumerate().filter(|(_, s)| !s.kernel.kind.is_call()) {
            for (n, launch) in launches(&step.kernel, rules)?.iter().enumerate() {
                write(format!("kernel-{k:03}-{n}.wgsl"), &launch.wgsl)?;
            }
        }
    }
    Ok(())
}

fn failed(folder: &Path, e: &std::io::Error) -> Error {
    let what = format!("the graphs could not be written to {}: {e}", folder.display());
    Error::new(ErrorKind::FailedPrecondition, "dump", what)
}

impl Plan {
    /// The plan as people read it: its kernels, the memory of their buffers, and how much temporary memory there is.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for (k, step) in self.steps.iter().enumerate() {
            let _ = writeln!(text, "{k:4} {}", step.kernel.label);
            for (b, place) in step.kernel.buffers.iter().zip(&step.places) {
                let way = match (b.written, b.before) {
                    (false, _) => "reads ",
                    (true, None) => "writes",
                    (true, Some(_)) => "over  ",
                };
                let _ = writeln!(text, "       {way} {place:?}: {} x {:?}", b.len, b.storage);
            }
            if let KernelKind::Scan(s) = &step.kernel.kind {
                let _ = writeln!(text, "     {} trips of:", s.trips);
                s.body.to_text().lines().for_each(|l| text.push_str(&format!("     | {l}\n")));
            }
        }
        let _ = writeln!(
            text,
            "{} kernels; {} bytes of temporary memory in {} buffers, of which {} are needed at once",
            self.len(),
            self.temporary_bytes(),
            self.slots.len(),
            self.live_bytes
        );
        text
    }
}
