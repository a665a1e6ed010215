//! Bind groups, kept for the next dispatch that binds the same ranges of the same buffers.

use super::buffer::Store;
use super::cache::Cache;
use smallvec::SmallVec;
use std::sync::Arc;

/// Bind groups that are kept.
const CAPACITY: usize = 4096;

/// Words of a key before its bindings: the layout, the room for parameters, and where these come from.
const HEAD: usize = 3;
/// Words of a key for each binding: id, offset and size.
const BINDING: usize = 3;

/// A bind group and what recording has to know of it.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) raw: wgpu::BindGroup,
    pub(super) stores: SmallVec<[Arc<Store>; 8]>,
    /// Bytes of the ranges.
    pub(super) bytes: u64,
    /// Whether it binds the error cell.
    pub(super) checks: bool,
}

/// What a bind group binds, as a key.
#[derive(Debug, Default)]
pub(super) struct Key(Vec<u64>);

impl Key {
    pub(super) fn start(&mut self, layout: u64, params: u64, source: u64) {
        self.0.clear();
        self.0.extend([layout, params, source]);
    }

    pub(super) fn push(&mut self, id: u64, offset: u64, size: u64) {
        self.0.extend([id, offset, size]);
    }
}

/// Bind groups by what they bind. `T` is [`Group`]; tests use another.
#[derive(Debug)]
pub(super) struct BindGroups<T>(Cache<Box<[u64]>, Arc<T>>);

impl<T> BindGroups<T> {
    pub(super) fn new() -> Self {
        BindGroups(Cache::new(CAPACITY))
    }

    /// The group of `key`, and whether it was there already.
    pub(super) fn get_or_make(&mut self, key: &Key, make: impl FnOnce() -> T) -> (Arc<T>, bool) {
        if let Some(group) = self.0.get(&key.0[..]) {
            return (Arc::clone(group), true);
        }
        let group = Arc::new(make());
        self.0.insert(key.0[..].into(), Arc::clone(&group));
        (group, false)
    }

    /// Drops the groups that hold one of these buffers, so that the buffers' memory is freed.
    pub(super) fn forget(&mut self, ids: &[u64]) {
        self.0.retain(|key| {
            let mut bound = key.iter().skip(HEAD).step_by(BINDING);
            !bound.any(|id| ids.contains(id))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(layout: u64, buffers: &[u64]) -> Key {
        let mut key = Key::default();
        key.start(layout, 64, 0);
        buffers.iter().for_each(|&b| key.push(b, 0, 256));
        key
    }

    #[test]
    fn finds_what_was_made() {
        let mut groups = BindGroups::new();
        assert_eq!(groups.get_or_make(&key(1, &[7]), || 'a'), (Arc::new('a'), false));
        assert_eq!(groups.get_or_make(&key(1, &[7]), || 'b'), (Arc::new('a'), true));
        assert_eq!(groups.get_or_make(&key(2, &[7]), || 'c'), (Arc::new('c'), false));
    }

    #[test]
    fn forgets_by_buffer_and_by_nothing_else() {
        let mut groups = BindGroups::new();
        groups.get_or_make(&key(7, &[1]), || 'a');
        groups.get_or_make(&key(1, &[7]), || 'b');
        groups.get_or_make(&key(1, &[3, 7]), || 'c');
        groups.forget(&[7]);
        assert_eq!(groups.0.len(), 1);
        assert!(groups.get_or_make(&key(7, &[1]), || 'x').1);
    }
}
