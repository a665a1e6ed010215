//! Memory limits, shares of an adapter, and what the pool keeps.

use super::*;
use wgflow::ErrorKind;
use wgflow::runtime::{Context, DeviceType, LogicalDeviceConfiguration};

const MIB: u64 = 1 << 20;

/// The adapter under test split into shares, by their limits in MB.
pub(super) fn split(limits: &[u64]) -> Option<(Context, Vec<Device>)> {
    let probe = Context::new();
    let under_test = wgflow_tests::device::adapter_of(&probe)?;
    let at = probe.gpus().iter().position(|d| *d == under_test)?;
    let context = Context::new();
    let physical = context.list_physical_devices(DeviceType::Gpu)[at];
    let shares: Vec<_> =
        limits.iter().map(|&mb| LogicalDeviceConfiguration { memory_limit: Some(mb) }).collect();
    context.set_visible_devices(&[physical], DeviceType::Gpu).unwrap();
    context.set_logical_device_configuration(physical, &shares).unwrap();
    let devices = context.list_logical_devices(DeviceType::Gpu);
    Some((context, devices))
}

#[test]
fn shares_of_an_adapter_have_limits_and_pools_of_their_own() {
    let Some((context, devices)) = split(&[8, 4]) else { return };
    let names: Vec<_> = devices.iter().map(Device::name).collect();
    assert_eq!(names, ["/device:GPU:0", "/device:GPU:1"]);
    let [a, b] = &devices[..] else { panic!("{devices:?}") };
    assert!(Arc::ptr_eq(&a.gpu().unwrap(), &b.gpu().unwrap()), "they share one opened adapter");

    let x = a.alloc(6 * MIB).unwrap();
    let y = b.alloc(3 * MIB).unwrap();
    let e = b.alloc(2 * MIB).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::ResourceExhausted);
    for part in ["2.0 MiB", "3.0 MiB", "4.0 MiB", "/device:GPU:1"] {
        assert!(e.message().contains(part), "{e}");
    }
    assert_eq!(context.get_memory_info("GPU:0").unwrap().current, 6 * MIB);
    assert_eq!(context.get_memory_info("GPU:1").unwrap().limit, Some(4 * MIB));
    // Work on both goes through one queue, in order.
    a.write(&x, 0, &bytes(&[3; 16])).unwrap();
    a.gpu().unwrap().copy(&x, 0, &y, 0, 64).unwrap();
    assert_eq!(read(b, &y).unwrap()[..16], [3; 16]);
    // Freed memory serves again, within the limit.
    drop(y);
    for round in 0..20 {
        let z = b.alloc(4 * MIB).unwrap();
        b.fill_zero(&z, 0, 4 * MIB).unwrap();
        let small: Vec<_> = (0..4).map(|_| a.alloc(MIB / 2).unwrap()).collect();
        assert!(b.memory_info().current + b.memory_info().idle <= 4 * MIB, "{round}");
        drop(small);
    }
    assert_eq!(b.memory_info().peak, 4 * MIB);
    context.reset_memory_stats("GPU:1").unwrap();
    assert_eq!(b.memory_info().peak, 0);
    drop(x);
    a.sync().unwrap();
}

#[test]
fn a_buffer_beyond_the_adapters_limit_is_refused() {
    on_adapter!(|_c, device, gpu| {
        let max = gpu.caps().limits.max_buffer_size;
        let e = device.alloc(max + 64).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::ResourceExhausted);
        assert!(e.message().contains(&max.to_string()[..3]), "{e}");
        let e = device.alloc(u64::MAX).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::ResourceExhausted);
        assert_eq!(device.memory_info().current, 0);
        // Nothing is broken by it.
        let x = device.upload(&[1, 2, 3])?;
        assert_eq!(device.read(&[(&x, 0..3)])?.wait()?.data[0], [1, 2, 3]);
    });
}

#[test]
fn a_binding_may_have_all_that_the_adapter_allows() {
    on_adapter!(|_c, device, gpu| {
        let max = gpu.caps().limits.max_storage_buffer_binding_size.min(128 * MIB) & !255;
        let p = gpu.pipeline(&ShaderDesc::new(
            "ends",
            "@group(0) @binding(0) var<storage, read_write> x: array<u32>;
             @compute @workgroup_size(1) fn main() { let n = arrayLength(&x); x[0] = n; x[n - 1] = 7; }",
            &[Access::ReadWrite][..],
            0,
        ))?;
        let x = device.alloc(max)?;
        gpu.dispatch(&p, &[Binding::whole(&x)], &[], [1, 1, 1])?;
        let ends = device.read(&[(&x, 0..4), (&x, max - 4..max)])?.wait()?.data;
        assert_eq!((words(&ends[0])[0] as u64, words(&ends[1])[0]), (max / 4, 7));
    });
}

#[test]
fn grids_in_all_dimensions() {
    on_adapter!(|_c, device, gpu| {
        let p = gpu.pipeline(&ShaderDesc::new(
            "count",
            "@group(0) @binding(0) var<storage, read_write> x: array<atomic<u32>>;
             @compute @workgroup_size(1) fn main(@builtin(workgroup_id) w: vec3u) {
                 atomicAdd(&x[0], 1u); atomicMax(&x[1], w.x); atomicMax(&x[2], w.y); atomicMax(&x[3], w.z);
             }",
            &[Access::ReadWrite][..],
            0,
        ))?;
        let x = device.alloc(16)?;
        for (grid, wanted) in [([3, 5, 7], [105, 2, 4, 6]), ([65_535, 1, 1], [65_535, 65_534, 0, 0])] {
            device.fill_zero(&x, 0, 16)?;
            gpu.dispatch(&p, &[Binding::whole(&x)], &[], grid)?;
            assert_eq!(read(&device, &x)?, wanted);
        }
        device.fill_zero(&x, 0, 16)?;
        for grid in [[0, 1, 1], [4, 0, 4]] {
            gpu.dispatch(&p, &[Binding::whole(&x)], &[], grid)?;
        }
        assert_eq!(read(&device, &x)?, [0; 4]);
    });
}

#[test]
fn empty_tensors_have_memory() {
    on_adapter!(|_c, device, gpu| {
        let x = device.alloc(0)?;
        assert_eq!((x.bytes(), x.capacity()), (0, 256));
        device.write(&x, 0, &[])?;
        launch(&gpu, &*affine(&gpu)?, &x, 1, 1)?;
        gpu.dispatch(&*affine(&gpu)?, &[Binding::whole(&x)], &bytes(&[0, 1, 1]), [1, 1, 1])?;
        assert_eq!(device.read(&[(&x, 0..0)])?.wait()?.data, [Vec::<u8>::new()]);
    });
}

#[test]
fn trimmed_memory_goes_back_and_comes_again() {
    on_adapter!(|_c, device, gpu| {
        let p = affine(&gpu)?;
        for round in 1..4 {
            let x = device.upload(&bytes(&[round; 64]))?;
            launch(&gpu, &p, &x, 1, 1)?;
            assert_eq!(read(&device, &x)?, [round + 1; 64]);
            drop(x);
            device.trim();
            assert_eq!(device.memory_info().idle, 0);
        }
        assert_eq!(device.memory_info().created, 3);
        assert_eq!(device.stats().bind_groups_created, 3);
    });
}

/// Bytes that this process holds.
#[cfg(target_os = "linux")]
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap() * 4096
}

#[cfg(target_os = "linux")]
#[test]
fn trimmed_memory_is_freed_though_bind_groups_knew_it() {
    on_adapter!(|_c, device, gpu| {
        if !gpu.caps().is_software() {
            return Ok(());
        }
        // A software adapter's memory is the host's. Other tests run beside this one, so the bound is loose.
        let p = affine(&gpu)?;
        let before = resident();
        for _ in 0..32 {
            let x = device.alloc(100 * MIB)?;
            device.fill_zero(&x, 0, 100 * MIB)?;
            gpu.dispatch(&p, &[Binding::whole(&x)], &bytes(&[64, 1, 1]), [1, 1, 1])?;
            drop(x);
            device.trim();
            gpu.sync()?;
        }
        let grown = resident().saturating_sub(before);
        assert!(grown < 1600 * MIB, "{} MiB of {} are still held", grown / MIB, 32 * 100);
    });
}

#[test]
fn submits_in_flight_are_bounded() {
    on_adapter!(|_c, device, gpu| {
        let p = affine(&gpu)?;
        let x = device.upload(&bytes(&[0; 1 << 14]))?;
        for _ in 0..1000 {
            launch(&gpu, &p, &x, 1, 1)?;
            gpu.flush()?;
            assert!(gpu.in_flight() <= 24, "{}", gpu.in_flight());
        }
        assert_eq!(read(&device, &x)?, [1000; 1 << 14]);
        assert_eq!((device.stats().submits, gpu.in_flight()), (1001, 0));
    });
}
