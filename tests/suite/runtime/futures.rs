//! Reads as futures, which make progress by themselves.

use super::*;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

struct Unpark(Thread, AtomicUsize);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.unpark();
    }
}

/// Polls only when woken, so that a future that needs polling to make progress hangs.
pub(super) fn block_on<F: Future>(future: F) -> F::Output {
    let wake = Arc::new(Unpark(std::thread::current(), AtomicUsize::new(0)));
    let waker = Waker::from(Arc::clone(&wake));
    let mut future = pin!(future);
    loop {
        let woken = wake.1.load(Ordering::Relaxed);
        if let Poll::Ready(out) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return out;
        }
        while wake.1.load(Ordering::Relaxed) == woken {
            std::thread::park();
        }
    }
}

#[test]
fn a_read_can_be_awaited() {
    on_adapter!(|_c, device, gpu| {
        let p = affine(&gpu)?;
        let x = device.upload(&bytes(&[1; 256]))?;
        for i in 0..200 {
            launch(&gpu, &p, &x, 1, 1)?;
            let out = block_on(device.read(&[(&x, 0..8), (&x, 1020..1024)])?)?;
            assert_eq!(words(&out.data.concat()), [i + 2; 3]);
        }
    });
}

#[test]
fn many_reads_are_awaited_while_work_goes_on() {
    on_adapter!(|_c, device, gpu| {
        let p = affine(&gpu)?;
        let x = device.upload(&bytes(&[0; 1 << 16]))?;
        let mut waiting = vec![];
        for round in 1..=20u32 {
            for _ in 0..50 {
                launch(&gpu, &p, &x, 1, 1)?;
            }
            let read = device.read(&[(&x, 0..4)])?;
            waiting.push(std::thread::spawn(move || (round, block_on(read))));
        }
        for w in waiting {
            let (round, out) = w.join().unwrap();
            assert_eq!(words(&out?.data[0]), [50 * round]);
        }
    });
}

#[test]
fn dropped_reads_leave_nothing_behind() {
    on_adapter!(|_c, device, gpu| {
        let p = affine(&gpu)?;
        let x = device.upload(&bytes(&[0; 64]))?;
        for _ in 0..500 {
            launch(&gpu, &p, &x, 1, 1)?;
            let mut read = pin!(device.read(&[(&x, 0..4)])?);
            let _ = read.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        }
        assert_eq!(super::read(&device, &x)?, [500; 64]);
    });
}

#[test]
fn a_read_of_nothing_waits_for_the_work() {
    on_adapter!(|_c, device, gpu| {
        assert_eq!(block_on(device.read(&[])?)?.data, Vec::<Vec<u8>>::new());
        let (p, x) = (affine(&gpu)?, device.upload(&bytes(&[0; 1 << 20]))?);
        for _ in 0..20 {
            launch(&gpu, &p, &x, 1, 1)?;
        }
        block_on(device.read(&[])?)?;
        assert_eq!(gpu.in_flight(), 0);
        let x = device.alloc(8)?;
        assert_eq!(block_on(device.read(&[(&x, 3..3)])?)?.data, [Vec::<u8>::new()]);
    });
}

#[test]
fn a_future_that_is_done_says_so() {
    on_adapter!(|_c, device, _gpu| {
        let x = device.upload(&[1; 4])?;
        let mut read = pin!(device.read(&[(&x, 0..4)])?);
        assert_eq!(block_on(read.as_mut())?.data[0], [1; 4]);
        assert_eq!(block_on(read.as_mut()).unwrap_err().kind(), wgflow::ErrorKind::Internal);
    });
}
