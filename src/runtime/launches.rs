//! Launches that are prepared once and recorded many times.
//!
//! A [`LaunchList`] knows pipelines, grids, constant parameters, and which of a run's buffers each launch binds, by number. A run is
//! gathered in a [`Recording`] first, where each launch finds its bind group, and is played when all of it is there: what cannot be had
//! (a bind group, memory before it) stops a run before anything of it is recorded.

use super::bindgroup::Group;
use super::buffer::Buffer;
use super::gpu::Gpu;
use super::pass::Binding;
use super::pipeline::Pipeline;
use super::ring::{self, Constants};
use crate::error::{Error, Result};
use crate::lock;
use smallvec::SmallVec;
use std::sync::{Arc, Mutex, Weak};

/// Bind groups that a launch remembers: loops bind a few sets of buffers in turns.
const RECENT: usize = 4;

/// The number of a buffer in the run's table, and where a window of it begins and how long it is, in bytes; all of it without one.
pub(crate) type Part = (u32, Option<(u64, u64)>);

/// A launch of a [`LaunchList`].
#[derive(Debug)]
pub(crate) struct Launch {
    /// The kernel.
    pub(crate) pipeline: Arc<Pipeline>,
    /// What it binds.
    pub(crate) bindings: SmallVec<[Part; 8]>,
    /// Its uniform parameters, where they are the same in each run.
    pub(crate) constants: Option<Vec<u8>>,
    /// Workgroups.
    pub(crate) grid: [u32; 3],
}

/// Launches in order, for one opened adapter.
#[derive(Debug)]
pub(crate) struct LaunchList {
    launches: Vec<Launch>,
    kept: Mutex<Kept>,
}

/// What is kept from run to run.
#[derive(Debug, Default)]
struct Kept {
    runs: u32,
    /// The constant parameters of all launches, from the second run on.
    constants: Option<Constants>,
    /// Where those of each launch begin.
    offsets: Vec<u32>,
    recent: Vec<SmallVec<[Known; RECENT]>>,
}

/// A bind group and what it binds. It belongs to the adapter's cache, which drops it with the buffers' memory.
#[derive(Debug)]
struct Known {
    keys: SmallVec<[Key; 8]>,
    group: Weak<Group>,
}

/// What tells buffers apart: the memory, and how much of it is bound as all of it.
type Key = (u64, u64);

/// The buffers of a run, by number.
#[derive(Debug, Default)]
pub(crate) struct Table<'b> {
    buffers: SmallVec<[Option<&'b Buffer>; 32]>,
    keys: SmallVec<[Key; 32]>,
}

impl<'b> Table<'b> {
    /// Adds the next buffer; `None` for a number that no launch binds.
    pub(crate) fn push(&mut self, buffer: Option<&'b Buffer>) {
        self.keys.push(buffer.map_or((0, 0), |b| (b.id(), b.bytes())));
        self.buffers.push(buffer);
    }
}

/// A run that is gathered before any of it is recorded.
#[derive(Debug)]
pub(crate) struct Recording<'a> {
    gpu: &'a Gpu,
    items: Vec<Item<'a>>,
    /// Parameters that are not constant.
    params: Vec<u8>,
}

#[derive(Debug)]
enum Item<'a> {
    Launch { launch: &'a Launch, group: Arc<Group>, params: Params },
    Copy { from: Buffer, to: Buffer, bytes: u64 },
    Write { to: Buffer, bytes: Vec<u8> },
}

#[derive(Debug)]
enum Params {
    None,
    /// Constants, and where they begin.
    At(u32),
    /// A range of the recording's parameters.
    Own(usize, usize),
}

impl LaunchList {
    /// A list of launches, whose parameters have the sizes of their pipelines.
    pub(crate) fn new(launches: Vec<Launch>) -> Self {
        LaunchList { launches, kept: Mutex::default() }
    }

    /// Notes that a run begins. Constants move to the device when a second run shows that there are runs to come.
    pub(crate) fn begin(&self, gpu: &Gpu) {
        let mut kept = lock(&self.kept);
        kept.runs = kept.runs.saturating_add(1);
        if kept.runs != 2 {
            return;
        }
        let (mut bytes, mut offsets) = (vec![], vec![]);
        for launch in &self.launches {
            let (at, len) = gpu.core.aligned(bytes.len() as u64, u64::from(launch.pipeline.params_size()));
            offsets.push(at as u32);
            if let Some(constants) = &launch.constants {
                bytes.resize(at as usize, 0);
                bytes.extend_from_slice(constants);
                bytes.resize((at + len) as usize, 0);
            }
        }
        if !bytes.is_empty() {
            kept.constants = Some(Constants::new(&gpu.core, &bytes));
        }
        kept.offsets = offsets;
        kept.recent.resize_with(self.launches.len(), SmallVec::new);
    }
}

impl<'a> Recording<'a> {
    /// An empty run.
    pub(crate) fn new(gpu: &'a Gpu) -> Self {
        Recording { gpu, items: vec![], params: vec![] }
    }

    /// Adds launches of a list, by number, with the buffers of a table. `own` writes the parameters of a launch that has no constant ones.
    ///
    /// # Errors
    /// As [`Gpu::dispatch`].
    pub(crate) fn launch(
        &mut self,
        list: &'a LaunchList,
        range: std::ops::Range<usize>,
        table: &Table<'_>,
        own: impl Fn(usize, &mut Vec<u8>) -> Result<()>,
    ) -> Result<()> {
        let mut kept = lock(&list.kept);
        let kept = &mut *kept;
        let (mut hits, constants) = (0, kept.constants.as_ref());
        for k in range {
            let launch = &list.launches[k];
            if launch.grid.contains(&0) {
                continue;
            }
            let constants = constants.filter(|_| launch.constants.is_some());
            let params = match &launch.constants {
                _ if launch.pipeline.params_size() == 0 => Params::None,
                Some(_) if constants.is_some() => Params::At(kept.offsets[k]),
                Some(bytes) => self.own(|all| all.extend_from_slice(bytes)),
                None => {
                    let from = self.params.len();
                    own(k, &mut self.params)?;
                    Params::Own(from, self.params.len())
                }
            };
            let recent = kept.recent.get_mut(k);
            let group = match recent.as_deref().and_then(|r| known(r, launch, table)) {
                Some(group) => {
                    hits += 1;
                    group
                }
                None => self.gpu.group_of(launch, table, constants, recent)?,
            };
            self.items.push(Item::Launch { launch, group, params });
        }
        self.gpu.core.counters.bind_group_hits.add(hits);
        Ok(())
    }

    fn own(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Params {
        let from = self.params.len();
        write(&mut self.params);
        Params::Own(from, self.params.len())
    }

    /// Adds a copy of the first bytes of a buffer.
    pub(crate) fn copy(&mut self, from: &Buffer, to: &Buffer, bytes: u64) {
        self.items.push(Item::Copy { from: from.clone(), to: to.clone(), bytes });
    }

    /// Adds a write to the begin of a buffer.
    pub(crate) fn write(&mut self, to: &Buffer, bytes: Vec<u8>) {
        self.items.push(Item::Write { to: to.clone(), bytes });
    }

    /// Records all that was added.
    ///
    /// # Errors
    /// What failed since the last call, before anything is recorded.
    pub(crate) fn play(&mut self) -> Result<()> {
        let gpu = self.gpu;
        gpu.core.failures.check("dispatch")?;
        let mut items = self.items.drain(..);
        let params = &self.params;
        // The host waits without the lock where too much is in flight.
        while gpu.play(&mut items, params)? {
            gpu.after_submit();
        }
        drop(items);
        self.params.clear();
        Ok(())
    }
}

/// The bind group of a launch, where it remembers it.
fn known(recent: &[Known], launch: &Launch, table: &Table<'_>) -> Option<Arc<Group>> {
    let keys = || launch.bindings.iter().map(|b| table.keys[b.0 as usize]);
    recent.iter().find(|k| k.keys.iter().copied().eq(keys()))?.group.upgrade()
}

impl Gpu {
    /// Records items up to one that submits something; false at their end.
    fn play<'a>(&self, items: &mut impl Iterator<Item = Item<'a>>, all: &[u8]) -> Result<bool> {
        let core = &self.core;
        let mut recorder = lock(&self.recorder);
        for item in items {
            let submitted = match item {
                Item::Launch { launch, group, params } => {
                    let (constants, own) = match params {
                        Params::None => (None, &[][..]),
                        Params::At(offset) => (Some(offset), &[][..]),
                        Params::Own(from, to) => (None, &all[from..to]),
                    };
                    recorder.launch(core, &launch.pipeline, &group, constants, own, launch.grid)
                }
                Item::Copy { from, to, bytes } => {
                    let stores = [core.store("copy", &from)?, core.store("copy", &to)?];
                    let encoder = recorder.encoder(core, stores, bytes);
                    encoder.copy_buffer_to_buffer(&stores[0].raw, 0, &stores[1].raw, 0, bytes);
                    false
                }
                Item::Write { to, bytes } => {
                    core.counters.bytes_uploaded.add(bytes.len() as u64);
                    recorder.write(core, core.store("write", &to)?, 0, &bytes)
                }
            };
            if submitted {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The bind group of a launch from the cache, or a new one, which the launch remembers.
    fn group_of(
        &self,
        launch: &Launch,
        table: &Table<'_>,
        constants: Option<&Constants>,
        recent: Option<&mut SmallVec<[Known; RECENT]>>,
    ) -> Result<Arc<Group>> {
        let bind = |(number, window): &Part| {
            let buffer = table.buffers[*number as usize]
                .ok_or_else(|| Error::internal("dispatch", format_args!("no buffer number {number}")))?;
            Ok(match window {
                None => Binding::whole(buffer),
                Some((offset, size)) => Binding { buffer, offset: *offset, size: *size },
            })
        };
        let bindings = launch.bindings.iter().map(bind).collect::<Result<SmallVec<[Binding<'_>; 8]>>>()?;
        self.core.check_launch(&launch.pipeline, &bindings, launch.grid)?;
        let group = lock(&self.recorder).group(&self.core, &launch.pipeline, &bindings, constants);
        if let Some(recent) = recent {
            recent.retain(|k| k.group.strong_count() > 0);
            if recent.len() == RECENT {
                recent.remove(0);
            }
            let keys = launch.bindings.iter().map(|b| table.keys[b.0 as usize]).collect();
            recent.push(Known { keys, group: Arc::downgrade(&group) });
        }
        Ok(group)
    }
}

impl super::gpu::Core {
    /// Where parameters of `len` bytes begin at or after `at`, and how much is bound of them.
    fn aligned(&self, at: u64, len: u64) -> (u64, u64) {
        (at.next_multiple_of(ring::alignment(&self.caps.limits)), ring::window(len))
    }
}
