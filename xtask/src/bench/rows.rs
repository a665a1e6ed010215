//! What is compared, with whom, and what is aimed at.

/// Who computes the same beside wgflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Peer {
    /// burn, on the same adapter.
    Burn,
    /// TensorFlow's CPU kernels; wgflow on its CPU device.
    TensorFlow,
    /// numpy on two threads; wgflow on the adapter.
    Numpy,
}

/// How seconds of a call are told.
#[derive(Clone, Copy, Debug)]
pub(super) enum Unit {
    /// Operations of a call, as a rate.
    GFlops(f64),
    /// Bytes of a call, as a rate.
    GBytes(f64),
    Millis,
    /// Microseconds for each of so many parts.
    MicrosEach(f64),
    Seconds,
}

impl Unit {
    pub(super) fn name(self) -> &'static str {
        match self {
            Unit::GFlops(_) => "GFLOP/s",
            Unit::GBytes(_) => "GB/s",
            Unit::Millis => "ms",
            Unit::MicrosEach(_) => "us",
            Unit::Seconds => "s",
        }
    }

    /// The figure of a call that takes so many seconds.
    pub(super) fn of(self, seconds: f64) -> f64 {
        match self {
            Unit::GFlops(n) | Unit::GBytes(n) => n / seconds / 1e9,
            Unit::Millis => seconds * 1e3,
            Unit::MicrosEach(n) => seconds / n * 1e6,
            Unit::Seconds => seconds,
        }
    }
}

/// A row of the table.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// What is printed.
    pub(super) work: String,
    /// What the programs call it.
    pub(super) command: String,
    pub(super) unit: Unit,
    pub(super) peer: Peer,
    /// The ratio that is aimed at.
    pub(super) goal: f64,
}

/// Whether wgflow computes a row on its CPU device.
pub(super) fn on_cpu(row: &Row) -> bool {
    row.peer == Peer::TensorFlow
}

fn row(work: &str, command: &str, unit: Unit, peer: Peer, goal: f64) -> Row {
    Row { work: work.into(), command: command.into(), unit, peer, goal }
}

/// Operations of a product of square matrices.
fn product(n: usize) -> Unit {
    Unit::GFlops(2.0 * (n as f64).powi(3))
}

/// Operations of the convolution of `n` images.
fn convolution(n: usize) -> Unit {
    Unit::GFlops(2.0 * (n * 56 * 56 * 64) as f64 * 576.0)
}

/// Rows for adapters that compute on a CPU, and the CPU device.
pub(super) fn software() -> Vec<Row> {
    use Peer::{Burn, Numpy, TensorFlow};
    let n = f64::from(1 << 24);
    let mut rows: Vec<Row> = [256, 512, 1024, 2048]
        .iter()
        .map(|&n| row(&format!("matmul f32 {n}"), &format!("matmul {n}"), product(n), Burn, 1.4))
        .collect();
    rows.extend([
        row("conv2d 32x64x56x56, 64 filters 3x3", "conv2d 32", convolution(32), Burn, 3.5),
        row("softmax 4096x1024", "softmax 4096 1024", Unit::Millis, Burn, 4.0),
        row("gelu(x*y+z), 2^24", "gelu 24", Unit::GBytes(16.0 * n), Burn, 1.2),
        row("add, 2^24", "add 24", Unit::GBytes(12.0 * n), Burn, 1.15),
        row("sum of 2^24", "sum 24", Unit::GBytes(4.0 * n), Numpy, 0.6),
        row("CNN training step", "cnn 64", Unit::Millis, Burn, 3.0),
        row("eager loop of 200 adds and muls, per op", "eager 200", Unit::MicrosEach(200.0), Burn, 1.5),
        row("CNN training step, CPU device", "cnn 64", Unit::Millis, TensorFlow, 0.5),
        row("matmul f32 1024, CPU device", "matmul 1024", product(1024), TensorFlow, 0.7),
    ]);
    rows
}

/// Rows for GPUs.
pub(super) fn hardware() -> Vec<Row> {
    use Peer::Burn;
    let n = f64::from(1 << 26);
    vec![
        row("matmul f32 1024", "matmul 1024", product(1024), Burn, 1.0),
        row("matmul f32 4096", "matmul 4096", product(4096), Burn, 1.0),
        row("matmul f16 4096", "matmul_f16 4096", product(4096), Burn, 1.0),
        row("conv2d 256x64x56x56, 64 filters 3x3", "conv2d 256", convolution(256), Burn, 1.0),
        row("softmax 16384x4096", "softmax 16384 4096", Unit::Millis, Burn, 1.0),
        row("gelu(x*y+z), 2^26", "gelu 26", Unit::GBytes(16.0 * n), Burn, 1.0),
        row("add, 2^26", "add 26", Unit::GBytes(12.0 * n), Burn, 1.0),
        row("sum of 2^26", "sum 26", Unit::GBytes(4.0 * n), Burn, 1.0),
        row("CNN training step", "cnn 64", Unit::Millis, Burn, 1.0),
        row("eager loop of 200 adds and muls, per op", "eager 200", Unit::MicrosEach(200.0), Burn, 1.0),
        row("CNN training step, CPU device", "cnn 64", Unit::Millis, Peer::TensorFlow, 0.5),
        row("matmul f32 1024, CPU device", "matmul 1024", product(1024), Peer::TensorFlow, 0.7),
    ]
}
