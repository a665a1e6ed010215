//! Tests of the memory of a device.

use super::super::buffer::Data;
use super::*;
use std::cell::{Cell, RefCell};
use std::sync::RwLock;

/// A source that counts and can be told to fail.
#[derive(Default)]
struct Fake {
    generation: Cell<u64>,
    created: Cell<u64>,
    forgotten: RefCell<Vec<u64>>,
    relieved: Cell<u64>,
    failures: Cell<u64>,
}

impl Source for Fake {
    fn generation(&self) -> u64 {
        self.generation.get()
    }
    fn max_bytes(&self) -> u64 {
        1 << 40
    }
    fn create(&self, capacity: u64) -> Result<Arc<Store>> {
        if self.failures.get() > 0 {
            self.failures.set(self.failures.get() - 1);
            return Err(Error::new(
                ErrorKind::ResourceExhausted,
                "Device.alloc",
                "the driver is out of memory",
            ));
        }
        self.created.set(self.created.get() + 1);
        Ok(Store::new(capacity, Data::Host(RwLock::new(vec![]))))
    }
    fn forget(&self, ids: &[u64]) {
        self.forgotten.borrow_mut().extend(ids);
    }
    fn relieve(&self) -> Result<()> {
        self.relieved.set(self.relieved.get() + 1);
        Ok(())
    }
}

const MIB: u64 = 1 << 20;

fn pool(limit: Option<u64>, keep_idle: bool) -> (Arc<Memory>, Fake) {
    (Memory::new("/device:GPU:0".into(), limit, keep_idle), Fake::default())
}

#[test]
fn size_classes_take_four_steps_an_octave() {
    for (bytes, class) in [(0, 256), (256, 256), (257, 320), (320, 320), (321, 384), (449, 512), (513, 640)] {
        assert_eq!(size_class(bytes), class, "{bytes}");
    }
    assert_eq!((size_class(1 << 30), size_class((1 << 30) + 1)), (1 << 30, 5 << 28));
    for bytes in (0..100_000).step_by(7) {
        let class = size_class(bytes);
        assert!(class >= bytes && class.is_multiple_of(64) && size_class(class) == class, "{bytes} {class}");
        assert!(bytes <= 256 || class <= bytes + bytes / 4 + 1, "{bytes} {class}");
    }
}

#[test]
fn reuses_the_last_freed_of_a_class() {
    let (m, f) = pool(None, false);
    let a = m.alloc(1000, &f).unwrap();
    let b = m.alloc(1001, &f).unwrap();
    let (ia, ib) = (a.id(), b.id());
    assert_eq!((a.capacity(), b.capacity(), a.bytes()), (1024, 1024, 1000));
    drop(a);
    drop(b);
    assert_eq!((m.info().current, m.info().idle), (0, 2048));
    let c = m.alloc(1024, &f).unwrap();
    let d = m.alloc(900, &f).unwrap();
    assert_eq!((c.id(), d.id(), f.created.get()), (ib, ia, 2));
    assert_eq!(
        m.info(),
        MemoryInfo { current: 2048, peak: 2048, idle: 0, limit: None, allocations: 4, created: 2 }
    );
}

#[test]
fn memory_returns_with_the_last_clone() {
    let (m, f) = pool(None, false);
    let a = m.alloc(0, &f).unwrap();
    let b = a.clone();
    assert!(!a.is_unique() && a.capacity() == 256 && a.bytes() == 0);
    drop(a);
    assert_eq!(m.info().current, 256);
    assert!(b.is_unique());
    drop(b);
    assert_eq!(m.info().current, 0);
    m.reset_peak();
    assert_eq!(m.info().peak, 0);
}

#[test]
fn a_limit_counts_idle_memory_and_trims_it_first() {
    let (m, f) = pool(Some(10 * MIB), true);
    let small: Vec<_> = (0..4).map(|_| m.alloc(MIB, &f).unwrap()).collect();
    let big = m.alloc(4 * MIB, &f).unwrap();
    let big_id = big.id();
    drop(small);
    drop(big);
    // 8 MiB idle; 5 MiB more need 3 MiB of them: the big one goes, as the largest.
    let other = m.alloc(5 * MIB, &f).unwrap();
    assert_eq!(*f.forgotten.borrow(), [big_id]);
    assert_eq!((m.info().current, m.info().idle), (5 * MIB, 4 * MIB));
    // 6 MiB more cannot be: everything idle goes, the work in flight is ended once, then the error tells the numbers.
    let e = m.alloc(6 * MIB, &f).unwrap_err();
    assert_eq!((e.kind(), f.relieved.get()), (ErrorKind::ResourceExhausted, 1));
    for part in ["6.0 MiB", "5.0 MiB", "10.0 MiB", "/device:GPU:0"] {
        assert!(e.message().contains(part), "{e}");
    }
    drop(other);
    assert!(m.alloc(6 * MIB, &f).is_ok());
}

#[test]
fn a_driver_without_memory_is_asked_again_after_trimming() {
    let (m, f) = pool(None, false);
    drop(m.alloc(MIB, &f).unwrap());
    f.failures.set(1);
    let a = m.alloc(2 * MIB, &f).unwrap();
    assert_eq!((m.info().idle, f.relieved.get(), f.forgotten.borrow().len()), (0, 1, 1));
    f.failures.set(2);
    let e = m.alloc(4 * MIB, &f).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::ResourceExhausted);
    assert_eq!(m.info().current, a.capacity(), "a failed allocation is not accounted for");
}

#[test]
fn idle_memory_falls_when_less_is_in_use_for_long() {
    let (m, f) = pool(None, false);
    let all: Vec<_> = (0..16).map(|_| m.alloc(64 * MIB, &f).unwrap()).collect();
    drop(all);
    drop(m.alloc(1, &f).unwrap());
    assert_eq!(m.info().idle, 16 * 64 * MIB + 256, "a step ago it was all in use");
    for _ in 0..20_000 {
        drop(m.alloc(1, &f).unwrap());
    }
    assert!(m.info().idle <= 2 * KEEP, "{:?}", m.info());
    assert_eq!(f.created.get(), 17);
}

#[test]
fn keeping_idle_memory_keeps_it() {
    let (m, f) = pool(None, true);
    drop(m.alloc(512 * MIB, &f).unwrap());
    for _ in 0..20_000 {
        drop(m.alloc(1, &f).unwrap());
    }
    assert_eq!(m.info().idle, 512 * MIB + 256);
    m.trim(&f);
    assert_eq!((m.info().idle, f.forgotten.borrow().len()), (0, 2));
}

#[test]
fn memory_of_a_lost_device_is_not_reused() {
    let (m, f) = pool(None, false);
    let idle = m.alloc(MIB, &f).unwrap().id();
    let kept = m.alloc(2 * MIB, &f).unwrap();
    f.generation.set(1);
    let fresh = m.alloc(MIB, &f).unwrap();
    assert_ne!(fresh.id(), idle);
    assert_eq!(*f.forgotten.borrow(), [idle]);
    drop(kept);
    assert_eq!((m.info().idle, m.info().current), (0, MIB), "the old one is dropped, not pooled");
}
