//! The rows of wgflow's benches, computed by burn. It stays resident and takes commands on standard input: `prepare ROW`, `run`, `drop`.
//! Each answer is one JSON object in a line. With `--first` it makes one training step of the CNN and ends.

mod cnn;
#[path = "../../../../tests/src/operands.rs"]
mod operands;

use burn::tensor::{Device, DeviceKind, FloatDType, Tensor, TensorData, activation, module, ops::ConvOptions};
use operands::{operand, probes};
use std::io::{BufRead, Write};
use std::time::Instant;

/// Least time of a run.
const RUN: f64 = 0.2;
/// Most calls of a run.
const CALLS: usize = 50;

/// One call of a row's work: its result, which the caller holds until the device is done, or the numbers that it read.
pub(crate) enum Done {
    Tensor(Tensor<1>),
    Values(Vec<f64>),
}

/// Work that is timed.
type Work = Box<dyn FnMut() -> Done>;

struct Row {
    work: Work,
    calls: usize,
}

fn main() {
    let mut args = std::env::args().skip(1);
    let first = args.any(|a| a == "--first");
    let device = match std::env::var("WGFLOW_PEER_DEVICE").as_deref() {
        Ok("gpu") => Device::wgpu(DeviceKind::DefaultDevice),
        _ => Device::wgpu(DeviceKind::Cpu),
    };
    let adapter = device.identity().map_or_else(|| "unknown".into(), |i| i.name);
    say(&format!("\"name\": \"burn\", \"version\": \"0.22.1\", \"adapter\": \"{adapter}\""));
    if first {
        let mut step = cnn::work(64, &device);
        let start = Instant::now();
        step();
        say(&format!("\"seconds\": {}", start.elapsed().as_secs_f64()));
        return;
    }
    let mut row: Option<Row> = None;
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        match line.split_once(' ') {
            Some(("prepare", name)) => {
                let start = Instant::now();
                let (mut work, n) = match work(name, &device) {
                    Some(found) => found,
                    None => {
                        say(&format!("\"error\": \"no row {name}\""));
                        continue;
                    }
                };
                let found = match work() {
                    Done::Values(v) => v,
                    Done::Tensor(t) if name.starts_with("conv2d") => probed(t, n, channels_first),
                    Done::Tensor(t) => probed(t, n, |i| i),
                };
                let first = start.elapsed().as_secs_f64();
                let mut calls = 1;
                // The last of a few runs says how many calls make a run: the first ones still tune.
                for _ in 0..3 {
                    calls = ((RUN / run(&mut work, calls, &device)).ceil() as usize).clamp(1, CALLS);
                }
                row = Some(Row { work, calls });
                say(&format!("\"probes\": {found:?}, \"first\": {first}"));
            }
            None if line == "run" => match &mut row {
                Some(r) => say(&format!("\"seconds\": {}", run(&mut r.work, r.calls, &device))),
                None => say("\"error\": \"nothing is prepared\""),
            },
            _ => {
                row = None;
                device.memory_cleanup();
                say("\"dropped\": true");
            }
        }
    }
}

fn say(fields: &str) {
    println!("{{{fields}}}");
    let _ = std::io::stdout().flush();
}

/// Seconds of one call. Results are held until they are there.
fn run(work: &mut Work, calls: usize, device: &Device) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        let held = work();
        device.sync().expect("the device is done");
        drop(held);
    }
    start.elapsed().as_secs_f64() / calls as f64
}

/// The elements of a result that are compared; `place` says where each lies.
fn probed(t: Tensor<1>, n: usize, place: fn(usize) -> usize) -> Vec<f64> {
    let all: Vec<f32> = t.into_data_as::<f32>().try_to_vec::<f32>().expect("floats");
    probes(n).into_iter().map(|i| f64::from(all[place(i)])).collect()
}

/// Where an element of images 56 x 56 x 64 lies with channels before rows.
fn channels_first(i: usize) -> usize {
    let (sample, row, column, channel) = (i / (56 * 56 * 64), i / (56 * 64) % 56, i / 64 % 56, i % 64);
    ((sample * 64 + channel) * 56 + row) * 56 + column
}

/// A tensor of a shape whose elements are those of operand `k`.
fn tensor<const D: usize>(shape: [usize; D], k: usize, scale: f32, device: &Device) -> Tensor<D> {
    let data = TensorData::new(operand(shape.iter().product(), k, scale), shape);
    Tensor::from_data(data, device)
}

/// The work of a row, and how many elements its result has.
fn work(row: &str, device: &Device) -> Option<(Work, usize)> {
    let mut words = row.split(' ');
    let kind = words.next()?;
    let sizes: Vec<usize> = words.map_while(|w| w.parse().ok()).collect();
    Some(match (kind, &sizes[..]) {
        ("matmul" | "matmul_f16", &[n]) => {
            let (mut a, mut b) = (tensor([n, n], 0, 1.0, device), tensor([n, n], 1, 1.0, device));
            if kind == "matmul_f16" {
                (a, b) = (a.cast(FloatDType::F16), b.cast(FloatDType::F16));
            }
            let work = move || Done::Tensor(a.clone().matmul(b.clone()).reshape([n * n]));
            (Box::new(work), n * n)
        }
        ("conv2d", &[samples]) => {
            // The same numbers as in the layout rows, columns, channels.
            let x = tensor([samples, 56, 56, 64], 0, 1.0, device).permute([0, 3, 1, 2]);
            let kernel = tensor([3, 3, 64, 64], 1, 0.05, device).permute([3, 2, 0, 1]);
            let (x, kernel) = (own(x, device), own(kernel, device));
            let n = samples * 56 * 56 * 64;
            let work = move || {
                let options = ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
                Done::Tensor(module::conv2d(x.clone(), kernel.clone(), None, options).reshape([n]))
            };
            (Box::new(work), n)
        }
        ("softmax", &[rows, columns]) => {
            let x = tensor([rows, columns], 0, 4.0, device);
            let work = move || Done::Tensor(activation::softmax(x.clone(), 1).reshape([rows * columns]));
            (Box::new(work), rows * columns)
        }
        ("gelu", &[bits]) => {
            let [x, y, z] = [0, 1, 2].map(|k| tensor([1 << bits], k, 1.0, device));
            (Box::new(move || Done::Tensor(activation::gelu(x.clone() * y.clone() + z.clone()))), 1 << bits)
        }
        ("add", &[bits]) => {
            let [x, y] = [0, 1].map(|k| tensor([1 << bits], k, 1.0, device));
            (Box::new(move || Done::Tensor(x.clone() + y.clone())), 1 << bits)
        }
        ("sum", &[bits]) => {
            let x = tensor([1 << bits], 0, 0.5, device) + 0.5;
            let x = own(x, device);
            (Box::new(move || Done::Tensor(x.clone().sum())), 1)
        }
        ("eager", &[ops]) => {
            let (x, a, b) =
                (tensor([64], 0, 1.0, device), tensor([64], 1, 0.1, device), tensor([64], 2, 0.9, device));
            let work = move || {
                let mut t = x.clone();
                for _ in 0..ops / 2 {
                    t = t + a.clone();
                    t = t * b.clone();
                }
                Done::Values(probed(t, 64, |i| i))
            };
            (Box::new(work), 64)
        }
        ("cnn", &[samples]) => {
            let mut step = cnn::work(samples, device);
            // Three steps at first, whose losses are compared; one a call after them.
            let mut compared = false;
            let work = move || {
                if compared {
                    return Done::Values(vec![step()]);
                }
                compared = true;
                Done::Values((0..3).map(|_| step()).collect())
            };
            (Box::new(work), 3)
        }
        _ => return None,
    })
}

/// A copy in memory of its own, in the order of its dimensions.
fn own<const D: usize>(t: Tensor<D>, device: &Device) -> Tensor<D> {
    Tensor::from_data(t.into_data(), device)
}
