//! A bounded map that forgets what was used longest ago.

use rustc_hash::FxHashMap;
use std::borrow::Borrow;
use std::hash::Hash;

/// At most `capacity` entries; at that point the half that was used longest ago goes.
#[derive(Debug)]
pub(crate) struct Cache<K, V> {
    map: FxHashMap<K, (V, u64)>,
    capacity: usize,
    tick: u64,
}

impl<K: Hash + Eq, V> Cache<K, V> {
    pub(crate) fn new(capacity: usize) -> Self {
        Cache { map: FxHashMap::default(), capacity, tick: 0 }
    }

    /// The value of `key`, which counts as used now.
    pub(crate) fn get<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.tick += 1;
        let (value, used) = self.map.get_mut(key)?;
        *used = self.tick;
        Some(value)
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        if self.map.len() >= self.capacity {
            self.drop_older_half();
        }
        self.tick += 1;
        self.map.insert(key, (value, self.tick));
    }

    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&K) -> bool) {
        self.map.retain(|key, _| keep(key));
    }

    pub(crate) fn len(&self) -> usize {
        self.map.len()
    }

    fn drop_older_half(&mut self) {
        let mut used: Vec<u64> = self.map.values().map(|(_, used)| *used).collect();
        let middle = used.len() / 2;
        let horizon = *used.select_nth_unstable(middle).1;
        self.map.retain(|_, (_, used)| *used > horizon);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_bounded_and_keeps_what_is_used() {
        let mut cache = Cache::new(64);
        cache.insert(u64::MAX, 0);
        for i in 0..1000 {
            cache.insert(i, i);
            assert!(cache.len() <= 64);
            assert_eq!(cache.get(&u64::MAX), Some(&mut 0));
            assert_eq!(cache.get(&i), Some(&mut i.clone()));
        }
        assert!(cache.len() >= 32);
        assert_eq!(cache.get(&3), None);
    }

    #[test]
    fn holds_one_entry_when_that_is_the_bound() {
        let mut cache = Cache::new(1);
        cache.insert("a", 1);
        cache.insert("b", 2);
        assert_eq!(cache.get("a"), None);
        assert_eq!(cache.len(), 1);
        cache.retain(|k| *k != "b");
        assert_eq!(cache.len(), 0);
    }
}
