//! Times of kernels.

use super::*;
use wgflow::ErrorKind;

#[test]
fn a_profile_tells_each_launch_in_order() {
    on_adapter!(|_c, device, gpu| {
        if !gpu.caps().timestamps {
            assert_eq!(gpu.profile_start().unwrap_err().kind(), ErrorKind::Unimplemented);
            return Ok(());
        }
        let (p, sum) = (affine(&gpu)?, add(&gpu)?);
        let [small, large, out] = [4096, 4 << 20, 4096].map(|n| device.alloc(n));
        let (small, large, out) = (small?, large?, out?);
        for b in [&small, &large] {
            device.fill_zero(b, 0, b.bytes())?;
        }
        launch(&gpu, &p, &large, 1, 1)?;
        gpu.sync()?;
        gpu.profile_start()?;
        for _ in 0..100 {
            launch(&gpu, &p, &small, 1, 1)?;
            launch(&gpu, &p, &large, 1, 1)?;
        }
        gpu.dispatch(
            &sum,
            &[Binding::whole(&small), Binding::whole(&small), Binding::whole(&out)],
            &[],
            [64, 1, 1],
        )?;
        let times = gpu.profile_stop()?;
        assert_eq!(times.len(), 201);
        assert_eq!((times[0].start_ns, times[0].bytes, times[0].grid), (0, 4096, [16, 1, 1]));
        assert_eq!(
            (&times[1].label[..], &times[200].label[..], times[200].bytes),
            ("affine", "add", 3 * 4096)
        );
        assert!(times.windows(2).all(|w| w[0].start_ns <= w[1].start_ns), "in order of time");
        let total = |bytes| times.iter().filter(|t| t.bytes == bytes).map(|t| t.duration_ns).sum::<u64>();
        assert!(total(4 << 20) > total(4096), "{} {}", total(4 << 20), total(4096));
        // Results are as without it, and it is over.
        assert_eq!(read(&device, &small)?, [100; 1024]);
        assert_eq!(read(&device, &large)?[77], 101);
        launch(&gpu, &p, &small, 1, 1)?;
        assert_eq!(gpu.profile_stop()?, []);
    });
}
