//! Ops that wait for those that follow: the same results, fewer launches, bounded memory.

mod again;
mod bounds;
mod launches;
mod random;
mod threads;
