//! Work in flight, and who waits for it.
//!
//! wgpu calls back from inside submits and polls, where locks may be held. So callbacks only note what happened; wakers run
//! afterwards, from [`Progress::settle`].

use super::failure::{Failures, lost};
use crate::error::{Error, Result};
use crate::lock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll, Waker};

/// What is submitted, done and waited for on one opened adapter.
#[derive(Debug, Default)]
pub(super) struct Progress {
    submitted: AtomicU64,
    done: AtomicU64,
    wakers: Mutex<Vec<Waker>>,
    tickets: Mutex<Vec<Weak<Ticket>>>,
}

impl Progress {
    /// Counts a submit; call the result when its work is done.
    pub(super) fn submitted(self: &Arc<Self>) -> impl FnOnce() + Send + 'static {
        let number = self.submitted.fetch_add(1, Ordering::AcqRel) + 1;
        let this = Arc::clone(self);
        move || {
            this.done.fetch_max(number, Ordering::AcqRel);
        }
    }

    pub(super) fn in_flight(&self) -> u64 {
        let done = self.done.load(Ordering::Acquire);
        self.submitted.load(Ordering::Acquire).saturating_sub(done)
    }

    /// A ticket that is done after `parts` completions.
    pub(super) fn ticket(&self, parts: usize) -> Arc<Ticket> {
        let ticket =
            Arc::new(Ticket { state: Mutex::new(TicketState { left: parts, error: None, waker: None }) });
        let mut tickets = lock(&self.tickets);
        tickets.retain(|t| t.strong_count() > 0);
        tickets.push(Arc::downgrade(&ticket));
        ticket
    }

    /// Whether some ticket is not done yet.
    #[cfg(not(target_family = "wasm"))]
    pub(super) fn is_awaited(&self) -> bool {
        let mut tickets = lock(&self.tickets);
        tickets.retain(|t| t.upgrade().is_some_and(|t| t.result().is_none()));
        !tickets.is_empty()
    }

    /// Notes that one part of `ticket` is there, or failed.
    pub(super) fn complete(&self, ticket: &Ticket, result: Result<()>) {
        lock(&self.wakers).extend(ticket.complete(result));
    }

    /// Wakes whoever waits for what is done; after a loss, whoever waits at all. Call it without locks.
    pub(super) fn settle(&self, failures: &Failures) {
        if let Some(reason) = failures.loss() {
            for ticket in lock(&self.tickets).drain(..).filter_map(|t| t.upgrade()) {
                lock(&self.wakers).extend(ticket.fail(lost("read", &reason)));
            }
        }
        let wakers = std::mem::take(&mut *lock(&self.wakers));
        wakers.into_iter().for_each(Waker::wake);
    }
}

/// Something that will be done on the device, in parts.
#[derive(Debug)]
pub(super) struct Ticket {
    state: Mutex<TicketState>,
}

#[derive(Debug)]
struct TicketState {
    left: usize,
    error: Option<Error>,
    waker: Option<Waker>,
}

impl Ticket {
    /// The result, once there is one.
    pub(super) fn result(&self) -> Option<Result<()>> {
        let s = lock(&self.state);
        match &s.error {
            Some(e) => Some(Err(e.clone())),
            None => (s.left == 0).then_some(Ok(())),
        }
    }

    pub(super) fn poll(&self, cx: &Context<'_>) -> Poll<Result<()>> {
        lock(&self.state).waker = Some(cx.waker().clone());
        self.result().map_or(Poll::Pending, Poll::Ready)
    }

    fn complete(&self, result: Result<()>) -> Option<Waker> {
        let mut s = lock(&self.state);
        s.left = s.left.saturating_sub(1);
        if let Err(e) = result {
            s.error.get_or_insert(e);
        }
        if s.left == 0 { s.waker.take() } else { None }
    }

    fn fail(&self, error: Error) -> Option<Waker> {
        let mut s = lock(&self.state);
        if s.left > 0 {
            s.left = 0;
            s.error.get_or_insert(error);
        }
        s.waker.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;
    use std::task::Wake;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn counts_what_is_in_flight() {
        let p = Arc::new(Progress::default());
        let (a, b) = (p.submitted(), p.submitted());
        assert_eq!(p.in_flight(), 2);
        b();
        assert_eq!(p.in_flight(), 0, "the queue works in order: the second is done, so the first is");
        a();
        assert_eq!(p.in_flight(), 0);
    }

    #[test]
    fn wakes_after_the_last_part_and_only_when_settled() {
        let (p, failures, count) = (Progress::default(), Failures::default(), Arc::new(Count::default()));
        let ticket = p.ticket(2);
        let waker = Waker::from(Arc::clone(&count));
        let cx = Context::from_waker(&waker);
        assert!(ticket.poll(&cx).is_pending());
        p.complete(&ticket, Ok(()));
        p.settle(&failures);
        assert!(ticket.result().is_none());
        p.complete(&ticket, Ok(()));
        assert_eq!(count.0.load(Ordering::Relaxed), 0);
        p.settle(&failures);
        assert_eq!((count.0.load(Ordering::Relaxed), ticket.result()), (1, Some(Ok(()))));
    }

    #[test]
    fn a_loss_ends_every_wait() {
        let (p, failures) = (Progress::default(), Failures::default());
        let ticket = p.ticket(1);
        failures.record_lost("gone");
        p.settle(&failures);
        assert_eq!(
            ticket.result().and_then(|r| r.err()).map(|e| e.kind()),
            Some(crate::ErrorKind::Unavailable)
        );
    }
}
