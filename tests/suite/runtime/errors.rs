//! What is refused is refused at the call, with the state as it was.

use super::*;
use wgflow::{Error, ErrorKind};

#[track_caller]
fn refused(result: wgflow::Result<()>, kind: ErrorKind, part: &str) {
    let e: Error = result.unwrap_err();
    assert_eq!(e.kind(), kind, "{e}");
    assert!(e.to_string().contains(part), "{e}");
}

#[test]
fn launches_that_do_not_fit_are_refused_and_spoil_nothing() {
    on_adapter!(|_c, device, gpu| {
        let (p, sum) = (affine(&gpu)?, add(&gpu)?);
        let limits = gpu.caps().limits;
        let x = device.upload(&bytes(&[1; 256]))?;
        let y = device.alloc(1024)?;
        launch(&gpu, &p, &x, 1, 1)?;
        let whole = Binding::whole(&x);
        let params = bytes(&[256, 1, 1]);
        let go = |bindings: &[Binding<'_>], params: &[u8], grid| gpu.dispatch(&p, bindings, params, grid);
        refused(go(&[], &params, [1; 3]), ErrorKind::Internal, "wanted 1 buffers");
        refused(go(&[whole], &params[..8], [1; 3]), ErrorKind::Internal, "12 bytes");
        let too_many = limits.max_compute_workgroups_per_dimension + 1;
        refused(go(&[whole], &params, [1, too_many, 1]), ErrorKind::Internal, "grid");
        refused(go(&[Binding { size: 4096, ..whole }], &params, [1; 3]), ErrorKind::Internal, "range");
        refused(
            go(&[Binding { offset: 4, size: 4, ..whole }], &params, [1; 3]),
            ErrorKind::Internal,
            "multiple of",
        );
        refused(go(&[Binding { size: 6, ..whole }], &params, [1; 3]), ErrorKind::Internal, "whole words");
        refused(go(&[Binding { size: 0, ..whole }], &params, [1; 3]), ErrorKind::Internal, "0 bytes");
        refused(
            go(&[Binding { offset: u64::MAX - 3, ..whole }], &params, [1; 3]),
            ErrorKind::Internal,
            "range",
        );
        // Read-only and writable at once; read twice is fine.
        let z = Binding::whole(&y);
        refused(gpu.dispatch(&sum, &[whole, z, whole], &[], [1; 3]), ErrorKind::Internal, "second time");
        gpu.dispatch(&sum, &[whole, whole, z], &[], [1; 3])?;
        launch(&gpu, &p, &x, 1, 1)?;
        assert_eq!(read(&device, &x)?, [3; 256]);
    });
}

#[test]
fn ranges_outside_a_buffer_are_refused() {
    on_adapter!(|_c, device, gpu| {
        let x = device.upload(&[1; 10])?;
        let y = device.alloc(64)?;
        refused(device.write(&x, 8, &[0; 3]), ErrorKind::InvalidArgument, "within 10 bytes");
        refused(device.write(&x, u64::MAX, &[0; 3]), ErrorKind::InvalidArgument, "within 10 bytes");
        refused(device.write(&x, 2, &[0; 4]), ErrorKind::Internal, "whole words");
        refused(device.write(&x, 0, &[0; 3]), ErrorKind::Internal, "whole words");
        refused(device.read(&[(&x, 8..11)]).map(drop), ErrorKind::InvalidArgument, "8..11");
        refused(device.copy(&x, 0, &y, 0, 512), ErrorKind::Internal, "range");
        refused(device.copy(&x, 2, &y, 0, 4), ErrorKind::Internal, "whole words");
        refused(gpu.copy(&x, 0, &x, 4, 4), ErrorKind::Internal, "one buffer");
        refused(device.fill_zero(&x, 252, 8), ErrorKind::Internal, "range");
        assert_eq!(device.read(&[(&x, 0..10)])?.wait()?.data[0], [1; 10]);
    });
}

#[test]
fn buffers_of_other_devices_are_refused() {
    on_adapter!(|context, device, gpu| {
        let (there, _keep) = (context.cpu().upload(&[1; 4])?, ());
        let other = wgflow::runtime::Context::new();
        let elsewhere = wgflow_tests::device::adapter_of(&other).unwrap().upload(&[1; 4])?;
        for buffer in [&there, &elsewhere] {
            refused(device.write(buffer, 0, &[0; 4]), ErrorKind::FailedPrecondition, "another device");
            refused(
                device.read(&[(buffer, 0..4)]).map(drop),
                ErrorKind::FailedPrecondition,
                "another device",
            );
            refused(
                launch(&gpu, &*affine(&gpu)?, buffer, 1, 1),
                ErrorKind::FailedPrecondition,
                "another device",
            );
        }
        refused(context.cpu().write(&elsewhere, 0, &[0; 4]), ErrorKind::Internal, "not host memory");
        refused(context.cpu().gpu().map(drop), ErrorKind::FailedPrecondition, "no GPU");
    });
}

#[test]
fn what_a_check_kernel_writes_comes_with_the_next_read_once() {
    on_adapter!(|_c, device, gpu| {
        let check = gpu.pipeline(&ShaderDesc::new(
            "check",
            "@group(0) @binding(0) var<storage, read> x: array<u32>;
             @group(0) @binding(1) var<storage, read_write> e: array<u32>;
             @compute @workgroup_size(1) fn main() { if x[0] > 9u { e[0] = 1u; e[1] = x[0]; e[15] = 3u; } }",
            &[Access::ReadOnly, Access::ReadWrite][..],
            0,
        ))?;
        let x = device.upload(&bytes(&[5]))?;
        let run =
            || gpu.dispatch(&check, &[Binding::whole(&x), Binding::whole(gpu.error_cell())], &[], [1; 3]);
        run()?;
        assert_eq!(device.read(&[(&x, 0..4)])?.wait()?.errors, None);
        device.write(&x, 0, &bytes(&[42]))?;
        run()?;
        let errors = device.read(&[(&x, 0..4)])?.wait()?.errors;
        let mut wanted = [0; 16];
        (wanted[0], wanted[1], wanted[15]) = (1, 42, 3);
        assert_eq!(errors, Some(wanted));
        assert_eq!(device.read(&[(&x, 0..4)])?.wait()?.errors, None, "told once");
        device.write(&x, 0, &bytes(&[5]))?;
        run()?;
        assert_eq!(device.read(&[(&x, 0..4)])?.wait()?.errors, None, "the cell is zero again");
        device.write(&x, 0, &bytes(&[42]))?;
        // A read that nobody waits for does not swallow them.
        run()?;
        drop(device.read(&[])?);
        gpu.sync()?;
        assert_eq!(gpu.take_error_words(), Some(wanted));
        assert_eq!(gpu.take_error_words(), None);
    });
}

#[test]
fn what_only_wgpu_sees_is_told_by_the_next_call() {
    on_adapter!(|_c, device, gpu| {
        let p = gpu.pipeline(&ShaderDesc::new(
            "fixed",
            "@group(0) @binding(0) var<storage, read_write> x: array<u32, 4096>;
             @compute @workgroup_size(1) fn main() { x[4095] = 1; }",
            &[Access::ReadWrite][..],
            0,
        ))?;
        let x = device.upload(&bytes(&[7; 64]))?;
        gpu.dispatch(&p, &[Binding::whole(&x)], &[], [1; 3])?;
        refused(gpu.flush(), ErrorKind::Internal, "256");
        // Told once; the device works on.
        launch(&gpu, &*affine(&gpu)?, &x, 1, 1)?;
        assert_eq!(read(&device, &x)?, [8; 64]);
    });
}
