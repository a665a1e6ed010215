//! The memory of a kernel's buffers, as words.

use crate::error::{Error, Result};

/// One buffer: read, written, or taken for writing at the moment.
#[derive(Debug)]
enum View<'a> {
    Read(&'a [u32]),
    Write(&'a mut [u32]),
    Taken,
}

/// The memory of a kernel's buffers, by number.
#[derive(Debug, Default)]
pub struct Memory<'a> {
    views: Vec<View<'a>>,
}

impl<'a> Memory<'a> {
    /// Adds the next buffer, which the kernel reads.
    pub fn push_read(&mut self, words: &'a [u32]) {
        self.views.push(View::Read(words));
    }

    /// Adds the next buffer, which the kernel writes.
    pub fn push_write(&mut self, words: &'a mut [u32]) {
        self.views.push(View::Write(words));
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
