//! What a thread has handed to devices is done before the thread ends, and so before the process does: software drivers compile and run work
//! on threads of their own, and crash where the process takes their libraries down meanwhile.

use super::gpu::Core;
use super::progress::Progress;
use std::cell::RefCell;
use std::sync::Arc;

thread_local! {
    static OWED: RefCell<Owed> = const { RefCell::new(Owed(vec![])) };
}

/// Openings of adapters that a thread has given work to. It waits for them when the thread ends.
struct Owed(Vec<(wgpu::Instance, Arc<Progress>)>);

impl Drop for Owed {
    fn drop(&mut self) {
        for (instance, progress) in &self.0 {
            if progress.in_flight() > 0 {
                instance.poll_all(true);
            }
        }
    }
}

/// Notes that the thread has handed work to an adapter.
pub(super) fn handed(core: &Core) {
    // A thread that is ending already hands in nothing that somebody waits for.
    let _ = OWED.try_with(|owed| {
        let all = &mut owed.borrow_mut().0;
        if all.iter().any(|(_, progress)| Arc::ptr_eq(progress, &core.progress)) {
            return;
        }
        // Those that are closed are done.
        all.retain(|(_, progress)| Arc::strong_count(progress) > 1);
        all.push((core.instance.clone(), Arc::clone(&core.progress)));
    });
}
