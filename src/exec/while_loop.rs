//! Loops whose number of trips is known when they run: the host runs trips and looks at the condition, every trip on the CPU device, and
//! after more and more trips on adapters, where a look costs as much as many trips.

use super::{Arg, Executable, Frame};
use crate::compiler::checks::error_of;
use crate::compiler::kernel::WhileKernel;
use crate::compiler::plan::{Place, Step};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::Literal;
use crate::runtime::{Buffer, Device};
use crate::shape::Shape;
use std::sync::Arc;

/// Trips before the first look at the condition, and most trips before another.
const CHUNKS: (usize, usize) = (4, 64);

pub(super) fn run(e: &Executable, w: &WhileKernel, step: &Step, frame: &Frame<'_, '_>) -> Result<()> {
    let device = frame.device;
    let mut operands = vec![];
    // A counted loop has its count as an operand, one with a condition as a result; steps of the latter also give the condition.
    let (lead, counted) = if w.first.is_none() { (1, 0) } else { (0, 1) };
    let lists = w.step.specs.len() - w.carries - 2 * counted;
    let split = step.places.len() - w.carries - counted - lists;
    for (i, p) in step.places[lead..split].iter().enumerate() {
        let b = frame.buffer(*p)?;
        // Lists may hold what went in, longer than temporary memory holds it.
        let fleeting = lists > 0 && matches!(p, Place::Slot(..)) && i < w.consts + w.carries;
        operands.push(if fleeting { copied(device, b)? } else { b.clone() });
    }
    let mut run = Run {
        device,
        body: e.part(&w.step),
        consts: operands[..w.consts].to_vec(),
        carried: operands[w.consts..w.consts + w.carries].to_vec(),
        results: vec![vec![]; lists],
    };
    let trips = match &w.first {
        None => {
            let n = number(device, frame.buffer(step.places[0])?)?;
            let lists = &operands[w.consts + w.carries..];
            for t in 0..n {
                let at = if w.reverse { n - 1 - t } else { t };
                let mut items = vec![];
                for list in lists {
                    let item = list.items().and_then(|all| all.get(at).cloned());
                    items.push(item.ok_or_else(|| Error::internal("while", "a list without its values"))?);
                }
                run.trip(items, None)?;
            }
            None
        }
        Some(first) => {
            let args = run.consts.iter().chain(&run.carried).cloned().map(Arg::Buffer).collect();
            let alive = e.part(first).run(device, args)?.swap_remove(0);
            Some(run.until(w, alive)?)
        }
    };
    let places = &step.places[split..];
    for (from, to) in run.carried.iter().chain(&trips).zip(places) {
        let to = frame.buffer(*to)?;
        device.copy(from, 0, to, 0, from.bytes().min(to.bytes()))?;
    }
    for (mut list, place) in run.results.into_iter().zip(&places[w.carries + counted..]) {
        if w.reverse {
            list.reverse();
        }
        frame.buffer(*place)?.set_items(list);
    }
    Ok(())
}

struct Run<'a> {
    device: &'a Device,
    body: Arc<Executable>,
    consts: Vec<Buffer>,
    carried: Vec<Buffer>,
    results: Vec<Vec<Buffer>>,
}

impl Run<'_> {
    /// One trip; gives what the step says of the condition and the count.
    fn trip(&mut self, items: Vec<Buffer>, state: Option<[Buffer; 2]>) -> Result<Vec<Buffer>> {
        let inputs = self.consts.iter().chain(&self.carried).cloned().chain(state.iter().flatten().cloned());
        let inputs = inputs.chain(items).map(Arg::Buffer).collect();
        let mut outputs = self.body.run(self.device, inputs)?;
        let mut rest = outputs.split_off(self.carried.len());
        self.carried = outputs;
        let lists = rest.split_off(if state.is_some() { 2 } else { 0 });
        self.results.iter_mut().zip(lists).for_each(|(list, b)| list.push(b));
        Ok(rest)
    }

    /// Trips until the condition is false; gives their number.
    fn until(&mut self, w: &WhileKernel, mut alive: Buffer) -> Result<Buffer> {
        let zero = Literal::scalar(DType::Int32, 0.0).to_storage("while")?;
        let mut trips = self.device.upload(&padded(zero))?;
        let looks_often = !w.masked || alive.is_host();
        let (mut done, mut chunk) = (0, if looks_often { 1 } else { CHUNKS.0 });
        while w.limit.is_none_or(|limit| done < limit) {
            // A first look would cost as much as the trips that it may save.
            if (done > 0 || looks_often) && !flag(self.device, &alive)? {
                break;
            }
            let n = w.limit.map_or(chunk, |limit| chunk.min(limit - done));
            for _ in 0..n {
                let state = self.trip(vec![], Some([alive, trips]))?;
                let [a, t] = <[Buffer; 2]>::try_from(state)
                    .map_err(|_| Error::internal("while", "a trip without its count"))?;
                (alive, trips) = (a, t);
            }
            done += n;
            if !looks_often {
                chunk = (chunk * 2).min(CHUNKS.1);
            }
        }
        Ok(trips)
    }
}

fn copied(device: &Device, from: &Buffer) -> Result<Buffer> {
    let to = device.alloc(from.bytes())?;
    device.copy(from, 0, &to, 0, from.bytes())?;
    Ok(to)
}

fn padded(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.resize(16, 0);
    bytes
}

/// A bool that the device computed; waits for it.
fn flag(device: &Device, b: &Buffer) -> Result<bool> {
    Ok(read(device, b, DType::Bool)?.i64_at(0) != 0)
}

/// A count that the device computed; waits for it.
fn number(device: &Device, b: &Buffer) -> Result<usize> {
    Ok(read(device, b, DType::Int32)?.i64_at(0).max(0) as usize)
}

/// A scalar that the device computed; waits for it.
pub(super) fn read(device: &Device, b: &Buffer, dtype: DType) -> Result<Literal> {
    let bytes = dtype.storage()?.bytes() as u64;
    let read = device.read_now(&[(b, 0..bytes)])?;
    if let Some(e) = read.errors.as_ref().and_then(|w| error_of(w)) {
        return Err(e);
    }
    let data = read.data.first().ok_or_else(|| Error::internal("while", "a read brought nothing"))?;
    Literal::from_storage("while", dtype, Shape::from(()), data)
}
