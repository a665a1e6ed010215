//! A value whose type the compiler does not look into when it asks whether something is `Send`.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

/// A boxed value. Graphics objects nest so deep that proving them `Send` exceeds the compiler's recursion limit in every crate that sends
/// a tensor to a thread; inside of this box the proof is made once, here.
pub(crate) struct Opaque<T>(Box<dyn Any + Send + Sync>, PhantomData<fn() -> T>);

impl<T: Send + Sync + 'static> Opaque<T> {
    pub(crate) fn new(value: T) -> Self {
        Opaque(Box::new(value), PhantomData)
    }

    pub(crate) fn into_inner(self) -> T {
        match self.0.downcast() {
            Ok(value) => *value,
            Err(_) => unreachable!("the box holds what it was made of"),
        }
    }
}

impl<T: 'static> Deref for Opaque<T> {
    type Target = T;
    fn deref(&self) -> &T {
        match self.0.downcast_ref() {
            Some(value) => value,
            None => unreachable!("the box holds what it was made of"),
        }
    }
}

impl<T: fmt::Debug + 'static> fmt::Debug for Opaque<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
