//! The memory of a kernel's buffers, as words.

use crate::error::{Error, Result};

/// One buffer: read, written, or taken for writing at the moment.
#[derive(Debug)]
pub enum View<'a> {
    /// The kernel reads it.
    Read(&'a [u32]),
    /// The kernel writes it.
    Write(&'a mut [u32]),
    /// A program is writing it.
    Taken,
}

/// The memory of a kernel's buffers, by number.
#[derive(Debug)]
pub struct Memory<'a> {
    views: Vec<View<'a>>,
}

impl<'a> Memory<'a> {
    /// The memory of a kernel's buffers, in their order.
    pub fn new(views: Vec<View<'a>>) -> Self {
        Memory { views }
    }

    /// What all programs may read now; empty where a buffer is taken.
    pub(super) fn reads(&self) -> Vec<&[u32]> {
        self.views
            .iter()
            .map(|v| match v {
                View::Read(w) => *w,
                View::Write(w) => w,
                View::Taken => &[],
            })
            .collect()
    }

    /// Takes a buffer out for writing; [`Memory::put`] gives it back.
    pub(super) fn take(&mut self, n: u16) -> Result<&'a mut [u32]> {
        match self.views.get_mut(n as usize).map(|v| std::mem::replace(v, View::Taken)) {
            Some(View::Write(w)) => Ok(w),
            _ => Err(Error::internal("cpu", format_args!("buffer {n} is not there to be written"))),
        }
    }

    /// Gives a buffer back.
    pub(super) fn put(&mut self, n: u16, words: &'a mut [u32]) {
        self.views[n as usize] = View::Write(words);
    }
}
