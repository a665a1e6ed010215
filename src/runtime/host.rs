//! Memory of the built-in CPU device.

use super::buffer::{Buffer, Data, Store};
use super::memory::{Bytes, Source};
use super::pass::check_range;
use super::readback::{ReadOutput, Readback, check_bytes};
use super::stats::Counters;
use crate::error::{Error, ErrorKind, Result};
use std::ops::Range;
use std::sync::{Arc, RwLock};

/// The system's memory as the source of a pool.
pub(super) struct Host;

impl Source for Host {
    fn generation(&self) -> u64 {
        0
    }

    fn max_bytes(&self) -> u64 {
        isize::MAX as u64 & !63
    }

    fn create(&self, capacity: u64) -> Result<Arc<Store>> {
        let words = zeroed((capacity / 4) as usize).ok_or_else(|| {
            Error::new(
                ErrorKind::ResourceExhausted,
                "Device.alloc",
                format!("the system has no memory for {}", Bytes(capacity)),
            )
        })?;
        Ok(Store::new(capacity, Data::Host(RwLock::new(words))))
    }

    fn forget(&self, _ids: &[u64]) {}

    fn relieve(&self) -> Result<()> {
        Ok(())
    }
}

pub(super) fn write(counters: &Counters, buffer: &Buffer, offset: u64, bytes: &[u8]) -> Result<()> {
    let end = offset.saturating_add(bytes.len() as u64);
    check_bytes("write", buffer, &(offset..end))?;
    let mut words = buffer.words_mut()?;
    if let Some(place) = bytemuck::cast_slice_mut(&mut words).get_mut(offset as usize..end as usize) {
        place.copy_from_slice(bytes);
    }
    counters.bytes_uploaded.add(bytes.len() as u64);
    Ok(())
}

pub(super) fn read(counters: &Counters, ranges: &[(&Buffer, Range<u64>)]) -> Result<Readback> {
    Ok(Readback::ready(Ok(read_now(counters, ranges)?)))
}

pub(super) fn read_now(counters: &Counters, ranges: &[(&Buffer, Range<u64>)]) -> Result<ReadOutput> {
    let mut data = Vec::with_capacity(ranges.len());
    for (buffer, range) in ranges {
        check_bytes("read", buffer, range)?;
        let words = buffer.words()?;
        let bytes: &[u8] = bytemuck::cast_slice(&words);
        data.push(bytes.get(range.start as usize..range.end as usize).unwrap_or_default().to_vec());
        counters.bytes_read.add(range.end - range.start);
    }
    Ok(ReadOutput { data, errors: None })
}

pub(super) fn copy(
    counters: &Counters,
    src: &Buffer,
    src_offset: u64,
    dst: &Buffer,
    dst_offset: u64,
    size: u64,
) -> Result<()> {
    let (from, to) = (word_range("copy", src, src_offset, size)?, word_range("copy", dst, dst_offset, size)?);
    if src.id() == dst.id() {
        src.words_mut()?.copy_within(from, to.start);
    } else if src.id() < dst.id() {
        // Locks are taken in the order of ids, so that two copies in opposite directions do not wait for each other.
        let source = src.words()?;
        dst.words_mut()?[to].copy_from_slice(&source[from]);
    } else {
        let mut target = dst.words_mut()?;
        target[to].copy_from_slice(&src.words()?[from]);
    }
    count_copy(counters, size);
    Ok(())
}

pub(super) fn fill_zero(counters: &Counters, buffer: &Buffer, offset: u64, size: u64) -> Result<()> {
    let range = word_range("fill_zero", buffer, offset, size)?;
    buffer.words_mut()?[range].fill(0);
    count_copy(counters, size);
    Ok(())
}

fn word_range(op: &str, buffer: &Buffer, offset: u64, size: u64) -> Result<Range<usize>> {
    check_range(op, buffer, offset, size)?;
    Ok((offset / 4) as usize..((offset + size) / 4) as usize)
}

fn count_copy(counters: &Counters, size: u64) {
    counters.copies.add(1);
    counters.bytes_moved.add(size);
}

/// Zeros whose pages the system provides when they are first touched, or nothing where it refuses.
fn zeroed(len: usize) -> Option<Vec<u32>> {
    // `vec![0; len]` asks for zeroed pages but aborts where there are none, so ask first.
    let probe: std::result::Result<(), _> = Vec::<u32>::new().try_reserve_exact(len);
    probe.ok().map(|()| vec![0; len])
}
