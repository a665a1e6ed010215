//! One device, several threads.

use super::*;

#[test]
fn threads_share_a_device() {
    on_adapter!(|_c, device, gpu| {
        let p = affine(&gpu)?;
        std::thread::scope(|scope| {
            let work = |seed: u32| {
                let (device, gpu, p) = (&device, &gpu, &p);
                move || -> wgflow::Result<()> {
                    for round in 0..30u32 {
                        let n = 64 + (seed * 37 + round * 11) % 500;
                        let x = device.upload(&bytes(&vec![seed; n as usize]))?;
                        let y = device.alloc(x.bytes())?;
                        for k in 0..40 {
                            launch(gpu, p, &x, 3, k)?;
                        }
                        gpu.copy(&x, 0, &y, 0, x.bytes())?;
                        drop(x);
                        let wanted = (0..40).fold(seed, |v, k| v.wrapping_mul(3).wrapping_add(k));
                        let out = device.read(&[(&y, 0..y.bytes())])?;
                        let out = if round % 2 == 0 { out.wait()? } else { super::futures::block_on(out)? };
                        assert_eq!(words(&out.data[0]), vec![wanted; n as usize]);
                    }
                    Ok(())
                }
            };
            let threads: Vec<_> = (1..4).map(|seed| scope.spawn(work(seed))).collect();
            threads.into_iter().try_for_each(|t| t.join().unwrap())
        })?;
        assert_eq!((device.stats().dispatches, device.memory_info().current), (3 * 30 * 40, 0));
    });
}

#[test]
fn a_pipeline_asked_for_by_all_is_one() {
    on_adapter!(|_c, _device, gpu| {
        let made: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| add(&gpu))).collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect::<Result<_, _>>()
        })?;
        assert!(made.windows(2).all(|w| Arc::ptr_eq(&w[0], &w[1])));
        assert_eq!(gpu.pipelines_kept(), 1);
    });
}

#[test]
fn a_thread_that_ends_leaves_no_work_under_way() {
    on_adapter!(|_c, device, gpu| {
        let p = affine(&gpu)?;
        let x = device.upload(&bytes(&vec![1; 1 << 20]))?;
        gpu.sync()?;
        std::thread::scope(|s| {
            let work = s.spawn(|| {
                (0..20).try_for_each(|_| launch(&gpu, &p, &x, 3, 1))?;
                gpu.flush()
            });
            work.join().expect("a thread that ends")
        })?;
        assert_eq!(gpu.in_flight(), 0);
    });
}
