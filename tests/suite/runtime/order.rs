//! Writes, launches, copies and reads happen in the order of the calls.

use super::*;

#[test]
fn a_launch_sees_what_was_written_before() {
    on_adapter!(|_c, device, gpu| {
        let n = 1000;
        let values = |f: fn(usize) -> f32| (0..n).flat_map(|i| f(i).to_le_bytes()).collect::<Vec<u8>>();
        let x = device.upload(&values(|i| i as f32))?;
        let y = device.upload(&values(|i| 0.5 * i as f32))?;
        let z = device.alloc(4 * n as u64)?;
        let bindings = [Binding::whole(&x), Binding::whole(&y), Binding::whole(&z)];
        gpu.dispatch(&*add(&gpu)?, &bindings, &[], [(n as u32).div_ceil(64), 1, 1])?;
        let sum = read(&device, &z)?;
        assert_eq!(sum, words(&values(|i| 1.5 * i as f32)));
    });
}

#[test]
fn a_write_waits_for_the_launches_recorded_before_it() {
    on_adapter!(|_c, device, gpu| {
        let p = affine(&gpu)?;
        let (x, seen) = (device.upload(&bytes(&[1; 256]))?, device.alloc(1024)?);
        launch(&gpu, &p, &x, 1, 1)?;
        gpu.copy(&x, 0, &seen, 0, 1024)?;
        device.write(&x, 0, &bytes(&[100; 256]))?;
        launch(&gpu, &p, &x, 1, 1)?;
        assert_eq!((read(&device, &seen)?, read(&device, &x)?), (vec![2; 256], vec![101; 256]));
    });
}

#[test]
fn memory_that_is_reused_keeps_the_order() {
    on_adapter!(|_c, device, gpu| {
        let p = affine(&gpu)?;
        let kept = device.alloc(1024)?;
        for round in 0..50 {
            let x = device.alloc(1024)?;
            device.write(&x, 0, &bytes(&[round; 256]))?;
            launch(&gpu, &p, &x, 3, 1)?;
            gpu.copy(&x, 0, &kept, 0, 1024)?;
            drop(x);
            // The same memory, written while the launch above is not submitted.
            let y = device.upload(&bytes(&[7777; 256]))?;
            drop(y);
            if round % 7 == 0 {
                assert_eq!(read(&device, &kept)?, vec![3 * round + 1; 256]);
            }
        }
        assert!(device.memory_info().created <= 3, "{:?}", device.memory_info());
    });
}

#[test]
fn ten_thousand_launches_in_order_without_growth() {
    on_adapter!(|_c, device, gpu| {
        let p = affine(&gpu)?;
        let x = device.upload(&bytes(&[1; 64]))?;
        let mut wanted = 1u32;
        for i in 0..10_000u32 {
            launch(&gpu, &p, &x, 3, i)?;
            wanted = wanted.wrapping_mul(3).wrapping_add(i);
            if i == 3333 {
                assert_eq!(read(&device, &x)?, [wanted; 64]);
            }
        }
        assert_eq!(read(&device, &x)?, [wanted; 64]);
        let (stats, memory) = (device.stats(), device.memory_info());
        assert_eq!((stats.dispatches, stats.bind_groups_created, stats.pipelines_created), (10_000, 1, 1));
        assert!(stats.submits >= 10_000 / 64 && stats.submits <= 10_000 / 16 + 10, "{stats}");
        assert_eq!((memory.created, memory.current, memory.peak), (1, 256, 256));
    });
}

#[test]
fn each_launch_has_its_own_parameters() {
    on_adapter!(|_c, device, gpu| {
        // 8 KiB of parameters each: several rings full in what is otherwise one batch.
        let text = "
            struct P { a: array<vec4u, 512> }
            @group(0) @binding(0) var<storage, read_write> x: array<u32>;
            @group(0) @binding(1) var<uniform> p: P;
            @compute @workgroup_size(1) fn main() { x[p.a[0].x] = p.a[511].w; }";
        let p = gpu.pipeline(&ShaderDesc::new("params", text, &[Access::ReadWrite][..], 8192))?;
        let x = device.alloc(4 * 40)?;
        for i in 0..40u32 {
            let mut params = vec![0u32; 2048];
            (params[0], params[2047]) = (i, i * i + 1);
            gpu.dispatch(&p, &[Binding::whole(&x)], &bytes(&params), [1, 1, 1])?;
        }
        assert_eq!(read(&device, &x)?, (0..40).map(|i| i * i + 1).collect::<Vec<_>>());
    });
}

#[test]
fn ranges_of_one_buffer_are_bound_apart() {
    on_adapter!(|_c, device, gpu| {
        use Access::ReadWrite;
        let p = affine(&gpu)?;
        let swap = gpu.pipeline(&ShaderDesc::new(
            "swap",
            "@group(0) @binding(0) var<storage, read_write> x: array<u32>;
             @group(0) @binding(1) var<storage, read_write> y: array<u32>;
             @compute @workgroup_size(1) fn main() { let t = x[0]; x[0] = y[0]; y[0] = t + arrayLength(&y); }",
            &[ReadWrite, ReadWrite][..],
            0,
        ))?;
        let x = device.upload(&bytes(&(0..1024).collect::<Vec<_>>()))?;
        let at = |word: u64, words: u64| Binding { buffer: &x, offset: 4 * word, size: 4 * words };
        for (word, add) in [(0, 100), (256, 200), (512, 300)] {
            gpu.dispatch(&p, &[at(word, 64)], &bytes(&[64, 1, add]), [1, 1, 1])?;
        }
        gpu.dispatch(&swap, &[at(0, 64), at(256, 128)], &[], [1, 1, 1])?;
        gpu.dispatch(&swap, &[at(0, 64), at(256, 64)], &[], [1, 1, 1])?;
        let got = read(&device, &x)?;
        assert_eq!((got[0], got[1], got[256], got[257]), (100 + 128, 101, 456 + 64, 457));
        assert_eq!((got[64], got[512], got[575], got[576]), (64, 812, 875, 576));
    });
}

#[test]
fn copies_and_fills_stand_between_launches() {
    on_adapter!(|_c, device, gpu| {
        let p = affine(&gpu)?;
        let (x, y) = (device.upload(&bytes(&[5; 64]))?, device.upload(&bytes(&[9; 64]))?);
        launch(&gpu, &p, &x, 2, 0)?;
        device.copy(&x, 0, &y, 16, 32)?;
        launch(&gpu, &p, &x, 2, 0)?;
        device.fill_zero(&x, 128, 64)?;
        launch(&gpu, &p, &x, 1, 1)?;
        let (x, y) = (read(&device, &x)?, read(&device, &y)?);
        assert_eq!((x[0], x[31], x[32], x[47], x[48]), (21, 21, 1, 1, 21));
        assert_eq!((y[3], y[4], y[11], y[12]), (9, 10, 10, 9));
    });
}

#[test]
fn a_copy_within_one_buffer_may_overlap() {
    on_adapter!(|_c, device, _gpu| {
        let x = device.upload(&bytes(&(0..64).collect::<Vec<_>>()))?;
        device.copy(&x, 0, &x, 16, 128)?;
        let got = read(&device, &x)?;
        assert_eq!((&got[..5], got[4 + 31], got[36]), (&[0, 1, 2, 3, 0][..], 31, 36));
    });
}

#[test]
fn a_read_brings_the_values_of_its_time() {
    on_adapter!(|_c, device, gpu| {
        let p = affine(&gpu)?;
        let x = device.upload(&bytes(&[1; 16]))?;
        let mut reads = vec![];
        for _ in 0..10 {
            launch(&gpu, &p, &x, 2, 0)?;
            reads.push(device.read(&[(&x, 0..4)])?);
        }
        device.write(&x, 0, &[0; 64])?;
        drop(x);
        for (i, r) in reads.into_iter().enumerate() {
            assert_eq!(words(&r.wait()?.data[0]), [2 << i]);
        }
    });
}

#[test]
fn many_ranges_come_with_one_submit() {
    on_adapter!(|_c, device, gpu| {
        let x = device.upload(&(0..=255).collect::<Vec<u8>>())?;
        let y = device.upload(b"hello")?;
        let empty = device.alloc(0)?;
        gpu.sync()?;
        let before = device.stats().submits;
        let ranges = [(&x, 0..256), (&y, 1..4), (&empty, 0..0), (&x, 253..256), (&y, 0..5)];
        let data = device.read(&ranges)?.wait()?.data;
        assert_eq!(device.stats().submits, before + 1);
        assert_eq!(data[0], (0..=255).collect::<Vec<u8>>());
        assert_eq!(
            (&data[1][..], &data[2][..], &data[3][..], &data[4][..]),
            (&b"ell"[..], &[][..], &[253, 254, 255][..], &b"hello"[..])
        );
    });
}

#[test]
fn lengths_that_are_no_words() {
    on_adapter!(|_c, device, _gpu| {
        for len in 0..9usize {
            let text: Vec<u8> = (1..=len as u8).collect();
            let x = device.upload(&text)?;
            let back = device.read(&[(&x, 0..len as u64)])?.wait()?;
            assert_eq!(back.data[0], text);
        }
        let x = device.upload(&[1; 10])?;
        device.write(&x, 8, &[2, 3])?;
        assert_eq!(device.read(&[(&x, 0..10)])?.wait()?.data[0], [1, 1, 1, 1, 1, 1, 1, 1, 2, 3]);
    });
}

#[test]
fn a_large_value_goes_up_and_comes_back() {
    on_adapter!(|_c, device, gpu| {
        let n = 25 << 20;
        let value: Vec<u32> = (0..n).map(|i: u32| i.wrapping_mul(2_654_435_761)).collect();
        let x = device.upload(&bytes(&value))?;
        let y = device.alloc(x.bytes())?;
        gpu.copy(&x, 0, &y, 0, x.bytes())?;
        assert!(read(&device, &y)? == value, "100 MiB came back changed");
        assert_eq!(device.stats().bytes_uploaded, 4 * u64::from(n));
    });
}
