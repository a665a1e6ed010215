//! Deliberate mistakes, to see whether the tests notice.

mod bench;
mod find;

use crate::drivers::{self, Driver};
use crate::shell::{Done, root};
use bench::{Bench, Outcome};
use find::Mutant;
use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

/// Changes shaders and derivatives in one place at a time, in a copy of the project, and runs the tests on each.
///
/// Shaders are tested on a Vulkan driver, derivatives on the CPU. Prints which test caught which change, and fails where one survived.
/// Takes seconds to a minute for each of some thousand changes; --sample takes a part of them.
#[derive(clap::Args)]
pub(crate) struct Mutate {
    /// Only changes whose line of --list holds this text.
    #[arg(long, value_name = "PATTERN")]
    only: Vec<String>,
    /// Takes so many, drawn at random.
    #[arg(long, value_name = "N")]
    sample: Option<usize>,
    /// Of the draw.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Lists the changes, without running anything.
    #[arg(long)]
    list: bool,
    /// The device that shaders are tested on.
    #[arg(long, default_value = "lavapipe")]
    device: String,
    /// Where the copy and its build go. Default: a folder in the target directory.
    #[arg(long, value_name = "FOLDER")]
    place: Option<PathBuf>,
}

impl Mutate {
    pub(crate) fn run(&self) -> Done {
        let mut all = all()?;
        all.retain(|m| {
            let text = m.to_string();
            self.only.is_empty() || self.only.iter().any(|o| text.contains(o))
        });
        if let Some(n) = self.sample {
            all = sample(all, n, self.seed);
        }
        if self.list {
            all.iter().for_each(|m| println!("{m}"));
            println!("{} changes", all.len());
            return Ok(());
        }
        if all.is_empty() {
            return Err("no change is left to try".into());
        }
        let (shaders, rules): (Vec<_>, Vec<_>) = all.into_iter().partition(|m| m.file.ends_with(".wgsl"));
        let target =
            std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
        let place = self.place.clone().unwrap_or_else(|| target.join("mutate"));
        let mut counts = (0, 0, vec![]);
        for (device, mutants) in [(&*self.device, shaders), ("cpu", rules)] {
            if mutants.is_empty() {
                continue;
            }
            let driver = Driver::of(device);
            drivers::ensure(driver.as_slice())?;
            println!("building a copy in {}", place.display());
            let mut bench = Bench::new(&place, device, driver.and_then(Driver::icd))?;
            for m in mutants {
                try_one(&mut bench, m, &mut counts)?;
            }
        }
        let (caught, none, survived) = counts;
        println!("{caught} caught, {} survived, {none} that do not compile", survived.len());
        if survived.is_empty() {
            return Ok(());
        }
        survived.iter().for_each(|m| println!("SURVIVED {m}"));
        Err(format!("{} changes survived", survived.len()).into())
    }
}

fn try_one(bench: &mut Bench, m: Mutant, counts: &mut (usize, usize, Vec<Mutant>)) -> Done {
    let start = Instant::now();
    let outcome = bench.run(&m)?;
    let seconds = start.elapsed().as_secs_f64();
    let text = match &outcome {
        Outcome::Caught(test) => format!("caught by {test}"),
        Outcome::NoProgram => "does not compile".into(),
        Outcome::Survived => "SURVIVED".into(),
    };
    println!("{:<64} {text} ({seconds:.0} s)", m.to_string());
    match outcome {
        Outcome::Caught(_) => counts.0 += 1,
        Outcome::NoProgram => counts.1 += 1,
        Outcome::Survived => counts.2.push(m),
    }
    Ok(())
}

/// Every change of every shader and derivative.
fn all() -> Result<Vec<Mutant>, Box<dyn Error>> {
    let mut files = vec![];
    let mut open: Vec<PathBuf> =
        ["shaders", "src/hlo/vjp", "src/hlo/rows", "src/ops"].map(|d| root().join(d)).into();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            for entry in std::fs::read_dir(&path)? {
                open.push(entry?.path());
            }
        } else if path.extension().is_some_and(|e| e == "wgsl" || e == "rs") {
            files.push(path);
        }
    }
    files.sort();
    let mut found = vec![];
    for path in files {
        let name = path.strip_prefix(root())?.to_string_lossy().replace('\\', "/");
        let text = std::fs::read_to_string(&path)?;
        // Ops build with graphs everywhere; their own derivatives stand behind `vjp`.
        let mut own = find::mutants(&name, &text)?;
        if name.starts_with("src/ops/") {
            own.retain(|m| in_rule(&text, m.range.start));
        }
        found.extend(own);
    }
    Ok(found)
}

/// Whether the last keyword of an op's declaration before `at` is `vjp`.
fn in_rule(text: &str, at: usize) -> bool {
    let last = |words: &[&str]| words.iter().filter_map(|w| text[..at].rfind(w)).max();
    last(&["vjp |", "vjps |"])
        > last(&["build |", "cases [", "errors [", "\nfn ", "pub fn ", "host |", "tensors |", "more ["])
}

/// `n` of them in their old order, by a seed.
fn sample(mut all: Vec<Mutant>, n: usize, seed: u64) -> Vec<Mutant> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    while all.len() > n {
        let k = next() as usize % all.len();
        all.remove(k);
    }
    all
}
