//! A lost device: typed errors, and a new device under the same name.

use super::*;
use wgflow::ErrorKind;

#[test]
fn a_lost_device_is_told_and_opens_anew() {
    on_adapter!(|context, device, gpu| {
        let p = affine(&gpu)?;
        let cpu = context.cpu().upload(&[1, 2, 3])?;
        let old = device.upload(&bytes(&[1; 64]))?;
        launch(&gpu, &p, &old, 1, 1)?;
        let unread = device.read(&[(&old, 0..4)])?;
        gpu.sync()?;
        launch(&gpu, &p, &old, 1, 1)?;
        gpu.destroy();

        let gone = |r: wgflow::Result<()>| {
            let e = r.unwrap_err();
            assert_eq!(e.kind(), ErrorKind::Unavailable, "{e}");
        };
        gone(unread.wait().map(drop));
        gone(launch(&gpu, &p, &old, 1, 1));
        gone(gpu.sync());
        gone(gpu.flush());
        gone(device.read(&[(&old, 0..4)]).map(drop));
        gone(device.write(&old, 0, &[0; 4]));
        gone(gpu.pipeline(&ShaderDesc::new("x", ADD, &[][..], 0)).map(drop));
        assert_eq!(context.cpu().read(&[(&cpu, 0..3)])?.wait()?.data[0], [1, 2, 3], "the host lives on");

        // A fresh use opens it again, under the same name.
        let x = device.upload(&bytes(&[5; 64]))?;
        let again = device.gpu()?;
        assert!(!Arc::ptr_eq(&gpu, &again));
        assert_eq!(device.name(), context.default_device()?.name());
        launch(&again, &*affine(&again)?, &x, 2, 1)?;
        assert_eq!(read(&device, &x)?, [11; 64]);
        // What is left of the old one answers, and is accounted for until it goes.
        gone(device.read(&[(&old, 0..4)]).map(drop));
        gone(launch(&again, &p, &x, 1, 1));
        gone(launch(&again, &*affine(&again)?, &old, 1, 1));
        assert_eq!(device.memory_info().current, 512);
        drop(old);
        assert_eq!((device.memory_info().current, device.memory_info().idle), (256, 0));
    });
}

#[test]
fn the_first_use_after_a_loss_tells_it_unless_recovered() {
    on_adapter!(|_c, device, gpu| {
        gpu.destroy();
        assert_eq!(device.alloc(4).unwrap_err().kind(), ErrorKind::Unavailable);
        assert!(device.alloc(4).is_ok());
        device.gpu()?.destroy();
        device.recover()?;
        let x = device.upload(&[9; 4])?;
        assert_eq!(device.read(&[(&x, 0..4)])?.wait()?.data[0], [9; 4]);
        device.recover()?;
        assert_eq!(device.read(&[(&x, 0..4)])?.wait()?.data[0], [9; 4], "nothing to recover from");
    });
}

#[test]
fn reads_and_profiles_under_way_end_with_the_loss() {
    on_adapter!(|_c, device, gpu| {
        let p = affine(&gpu)?;
        let x = device.upload(&bytes(&[1; 64]))?;
        if gpu.caps().timestamps {
            gpu.profile_start()?;
        }
        launch(&gpu, &p, &x, 1, 1)?;
        let reads: Vec<_> = (0..4).map(|_| device.read(&[(&x, 0..4)])).collect::<Result<_, _>>()?;
        let waiters: Vec<_> =
            reads.into_iter().map(|r| std::thread::spawn(move || super::futures::block_on(r))).collect();
        gpu.destroy();
        for w in waiters {
            // Each is either served before the loss or told of it; none hangs.
            match w.join().unwrap() {
                Ok(out) => assert_eq!(words(&out.data[0]), [2]),
                Err(e) => assert_eq!(e.kind(), ErrorKind::Unavailable, "{e}"),
            }
        }
        assert_eq!(gpu.profile_start().unwrap_err().kind(), ErrorKind::Unavailable);
        assert_eq!(gpu.profile_stop().unwrap_err().kind(), ErrorKind::Unavailable);
    });
}
