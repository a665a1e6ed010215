//! Compiled runs again and again: what they keep, what they give back, and what is left where they fail.

use super::bounds::split;
use super::*;
use wgflow::ErrorKind;
use wgflow::compiler::kernel::KernelKind;
use wgflow::exec::{Arg, Executable, target_of};
use wgflow::hlo::{ById, Graph, Prim, ScanBody, Spec};
use wgflow::{DType, Result};

const N: usize = 1 << 18;
const TRIPS: usize = 5;
const MIB: u64 = 1 << 20;

fn spec(n: usize) -> Spec {
    Spec::new(DType::Float32, [n])
}

/// `next = v - 1`; then some trips of `c = c / 2 + next`, the first `c` being `next`; gives `next` and the last `c`.
fn stepped(n: usize) -> Result<Graph> {
    let mut body = Graph::new();
    let (w, c) = (body.parameter(spec(n)), body.parameter(spec(n)));
    let half = body.scalar(DType::Float32, 0.5)?;
    let half = body.broadcast_to(half, &spec(n).shape)?;
    let c = body.mul(c, half)?;
    let c = body.add(c, w)?;
    body.set_outputs(vec![c]);
    let mut g = Graph::new();
    let v = g.parameter(spec(n));
    let one = g.scalar(DType::Float32, 1.0)?;
    let one = g.broadcast_to(one, &spec(n).shape)?;
    let next = g.sub(v, one)?;
    let scan =
        ScanBody { body: Arc::new(body), trips: TRIPS, consts: 1, carries: 1, reverse: false, primal: None };
    let last = g.push_multi(Prim::Scan(ById(Arc::new(scan))), &[next, next])?;
    g.set_outputs(vec![next, last[0]]);
    g.verify()?;
    Ok(g)
}

/// What [`stepped`] gives of a number.
fn expected(v: f32) -> (f32, f32) {
    let next = v - 1.0;
    (next, (0..TRIPS).fold(next, |c, _| c * 0.5 + next))
}

fn floats(device: &Device, b: &Buffer) -> Result<Vec<f32>> {
    Ok(read(device, b)?.into_iter().map(f32::from_bits).collect())
}

fn upload(device: &Device, v: &[f32]) -> Result<Buffer> {
    device.upload(&v.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>())
}

#[test]
fn a_run_without_room_changes_nothing() -> Result<()> {
    let Some((_context, devices)) = split(&[16]) else { return Ok(()) };
    let device = &devices[0];
    let executable = Executable::updating(&stepped(N)?, &target_of(device), &[], &[(0, 0)])?;
    let is_loop = |k: &KernelKind| matches!(k, KernelKind::Scan(_));
    assert!(
        executable.plan().steps.iter().any(|s| is_loop(&s.kernel.kind)),
        "memory is wanted after the update"
    );
    let v = upload(device, &vec![3.0; N])?;
    let (mut failed, mut value) = (0, 3.0);
    // From no room at all to room for all: each run finds an end at another place.
    for quarters in (0..60).rev() {
        device.trim();
        let Ok(_taken) = device.alloc(quarters * MIB / 4) else { continue };
        match executable.run(device, vec![Arg::Owned(v.clone())]) {
            Ok(outputs) => {
                let (next, last) = expected(value);
                value = next;
                assert_eq!(outputs[0].id(), v.id(), "the next value is written over the one before");
                assert!(floats(device, &outputs[1])?.iter().all(|x| *x == last));
            }
            Err(e) => {
                assert_eq!(e.kind(), ErrorKind::ResourceExhausted, "{e}");
                failed += 1;
            }
        }
        assert!(floats(device, &v)?.iter().all(|x| *x == value), "{quarters} quarters of a MiB are taken");
    }
    assert!(failed > 3 && value < 3.0, "{failed} runs failed, the value is {value}");
    Ok(())
}

#[test]
fn replays_need_nothing_new_and_give_back_what_is_freed() {
    on_adapter!(|_c, device, gpu| {
        let n = 1000;
        let executable = Executable::updating(&stepped(n)?, &target_of(&device), &[], &[(0, 0)])?;
        let mut v = upload(&device, &vec![8.0; n])?;
        let mut value = 8.0;
        let mut step = |v: &mut Buffer| -> Result<()> {
            let (next, last) = expected(value);
            let mut outputs = executable.run(&device, vec![Arg::Owned(v.clone())])?;
            assert!(floats(&device, &outputs[1])?[..n].iter().all(|x| *x == last));
            *v = outputs.swap_remove(0);
            value = next;
            Ok(())
        };
        for _ in 0..3 {
            step(&mut v)?;
        }
        let before = device.stats();
        for _ in 0..10 {
            step(&mut v)?;
        }
        let after = device.stats();
        assert_eq!(after.bind_groups_created, before.bind_groups_created);
        assert_eq!(after.buffers_created, before.buffers_created);
        assert_eq!(after.bytes_uploaded, before.bytes_uploaded, "constants are on the device");
        assert_eq!(after.dispatches - before.dispatches, 10 * (before.dispatches / 3));
        assert_eq!(before.dispatches % 3, 0);
        // Memory that the pool gives back is not kept by launches that remember it.
        device.trim();
        assert_eq!(device.memory_info().idle, 0);
        step(&mut v)?;
        assert!(device.stats().buffers_created > after.buffers_created);
        assert!(device.stats().bind_groups_created > after.bind_groups_created);
        for _ in 0..3 {
            step(&mut v)?;
        }
        // Buffers of another size class in between, so that runs find other memory.
        for _ in 0..5 {
            let _held: Vec<Buffer> = (0..3).map(|_| device.alloc(4 * n as u64)).collect::<Result<_>>()?;
            step(&mut v)?;
        }
    });
}

#[test]
fn each_launch_of_a_replay_is_timed() {
    on_adapter!(|_c, device, gpu| {
        if !gpu.caps().timestamps {
            return Ok(());
        }
        let executable = Executable::updating(&stepped(64)?, &target_of(&device), &[], &[(0, 0)])?;
        let run = || executable.run(&device, vec![Arg::Buffer(upload(&device, &[2.0; 64])?)]);
        let counts = (0..3)
            .map(|_| {
                let before = device.stats().dispatches;
                device.profile_start()?;
                run()?;
                Ok((device.profile_stop()?.len() as u64, device.stats().dispatches - before))
            })
            .collect::<Result<Vec<_>>>()?;
        assert!(counts.iter().all(|c| c.0 == c.1 && c.0 > TRIPS as u64), "{counts:?}");
    });
}
