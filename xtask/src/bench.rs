//! `cargo xtask bench`: figures of this machine's devices.

use crate::shell::{Done, cargo, run};
use clap::Args;

/// Prints what ops, kernels and training steps cost on a device, one JSON object a line.
#[derive(Args)]
pub(crate) struct Bench {
    /// Device: auto, cpu, gpu, or a part of an adapter's name.
    #[arg(long, default_value = "auto")]
    device: String,
    /// Steps of the long training run, which must not grow anything.
    #[arg(long, default_value_t = 1000)]
    steps: usize,
}

impl Bench {
    pub(crate) fn run(self) -> Done {
        let steps = self.steps.to_string();
        run(&mut cargo(&["bench", "--bench", "figures", "--", "--device", &self.device, "--steps", &steps]))
    }
}
