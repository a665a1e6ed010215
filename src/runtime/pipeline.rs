//! Compiled kernels, kept by their text and constants.

use super::cache::Cache;
use super::failure::{scoped, typed};
#[cfg(not(target_family = "wasm"))]
use super::pipeline_file::PipelineFile;
use super::ring;
use super::stats::Counters;
use super::trusted::shader_module;
use crate::error::{Error, Result};
use crate::lock;
use rustc_hash::{FxHashMap, FxHasher};
use std::borrow::Cow;
use std::fmt::Write;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex};

/// Pipelines that are kept.
const CAPACITY: usize = 2048;

/// How a kernel uses a storage buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// `var<storage, read>`
    ReadOnly,
    /// `var<storage, read_write>`
    ReadWrite,
}

/// A kernel: its text and how it is bound.
///
/// Storage buffers are `@group(0)`, bindings 0 and up in the order of `bindings`. With `params_size > 0` a
/// `var<uniform>` follows at the next binding. The entry point is `main`.
#[derive(Clone, Debug, PartialEq)]
pub struct ShaderDesc<'a> {
    /// Name in errors and profiles.
    pub label: Cow<'a, str>,
    /// The text, in WGSL.
    pub wgsl: Cow<'a, str>,
    /// The storage buffers.
    pub bindings: Cow<'a, [Access]>,
    /// Size of the uniform parameters in bytes, 0 for none.
    pub params_size: u32,
    /// Values of `override` constants.
    pub constants: Vec<(String, f64)>,
    trusted: bool,
}

impl<'a> ShaderDesc<'a> {
    /// A kernel without constants, compiled with all run-time checks.
    pub fn new(
        label: impl Into<Cow<'a, str>>,
        wgsl: impl Into<Cow<'a, str>>,
        bindings: impl Into<Cow<'a, [Access]>>,
        params_size: u32,
    ) -> Self {
        ShaderDesc {
            label: label.into(),
            wgsl: wgsl.into(),
            bindings: bindings.into(),
            params_size,
            constants: vec![],
            trusted: false,
        }
    }

    /// With the value of an `override` constant.
    #[must_use]
    pub fn constant(mut self, name: impl Into<String>, value: f64) -> Self {
        self.constants.push((name.into(), value));
        self
    }

    /// Without run-time checks: for kernels that this crate generates, which check their own indices.
    #[doc(hidden)]
    #[must_use]
    pub fn trusted(mut self) -> Self {
        self.trusted = true;
        self
    }

    fn hash(&self) -> u64 {
        let mut h = FxHasher::default();
        self.wgsl.hash(&mut h);
        self.bindings.hash(&mut h);
        (self.params_size, self.trusted).hash(&mut h);
        for (name, value) in &self.constants {
            (name, value.to_bits()).hash(&mut h);
        }
        h.finish()
    }

    fn into_owned(self) -> ShaderDesc<'static> {
        ShaderDesc {
            label: self.label.into_owned().into(),
            wgsl: self.wgsl.into_owned().into(),
            bindings: self.bindings.into_owned().into(),
            ..self
        }
    }

    /// Whether the other describes the same pipeline, whatever it is called.
    fn is_same_pipeline(&self, other: &ShaderDesc<'_>) -> bool {
        let bits = |d: &ShaderDesc<'_>| {
            d.constants.iter().map(|(n, v)| (n.clone(), v.to_bits())).collect::<Vec<_>>()
        };
        self.wgsl == other.wgsl
            && self.bindings == other.bindings
            && (self.params_size, self.trusted) == (other.params_size, other.trusted)
            && bits(self) == bits(other)
    }
}

/// A compiled kernel. It belongs to one opening of one adapter.
#[derive(Debug)]
pub struct Pipeline {
    pub(super) raw: wgpu::ComputePipeline,
    pub(super) layout: Arc<Layout>,
    pub(super) generation: u64,
    desc: ShaderDesc<'static>,
}

impl Pipeline {
    /// Name in errors and profiles.
    pub fn label(&self) -> &str {
        &self.desc.label
    }

    /// The storage buffers that it binds.
    pub fn bindings(&self) -> &[Access] {
        &self.desc.bindings
    }

    /// Size of its uniform parameters in bytes.
    pub fn params_size(&self) -> u32 {
        self.desc.params_size
    }
}

/// A bind group layout and the pipeline layout made of it.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) id: u64,
    pub(super) group: wgpu::BindGroupLayout,
    pipeline: wgpu::PipelineLayout,
}

/// Layouts by the storage buffers and the room for parameters.
type Layouts = FxHashMap<(Vec<Access>, u64), Arc<Layout>>;

/// The pipelines of one opened adapter.
#[derive(Debug)]
pub(super) struct Pipelines {
    cache: Mutex<Cache<u64, Vec<Arc<Pipeline>>>>,
    layouts: Mutex<Layouts>,
    /// Compile even trusted kernels with all run-time checks.
    checked: bool,
    generation: u64,
    #[cfg(not(target_family = "wasm"))]
    file: Option<PipelineFile>,
}

impl Pipelines {
    pub(super) fn new(
        checked: bool,
        generation: u64,
        #[cfg(not(target_family = "wasm"))] file: Option<PipelineFile>,
    ) -> Self {
        Pipelines {
            cache: Mutex::new(Cache::new(CAPACITY)),
            layouts: Mutex::default(),
            checked,
            generation,
            #[cfg(not(target_family = "wasm"))]
            file,
        }
    }

    /// Keeps new pipelines on disk, if that is due.
    #[cfg(not(target_family = "wasm"))]
    pub(super) fn keep(&self, at_last: bool) {
        if let Some(file) = &self.file {
            file.write(at_last);
        }
    }

    pub(super) fn get(
        &self,
        device: &wgpu::Device,
        desc: &ShaderDesc<'_>,
        counters: &Counters,
    ) -> Result<Arc<Pipeline>> {
        let hash = desc.hash();
        let find =
            |list: &mut Vec<Arc<Pipeline>>| list.iter().find(|p| p.desc.is_same_pipeline(desc)).cloned();
        if let Some(found) = lock(&self.cache).get(&hash).and_then(find) {
            counters.pipeline_hits.add(1);
            return Ok(found);
        }
        // Compiled without the lock, so that threads compile side by side.
        let made = Arc::new(self.compile(device, desc)?);
        counters.pipelines_created.add(1);
        let mut cache = lock(&self.cache);
        match cache.get(&hash) {
            Some(list) => match find(list) {
                Some(other) => return Ok(other),
                None => list.push(Arc::clone(&made)),
            },
            None => cache.insert(hash, vec![Arc::clone(&made)]),
        }
        Ok(made)
    }

    /// How many pipelines are kept.
    pub(super) fn len(&self) -> usize {
        lock(&self.cache).len()
    }

    fn compile(&self, device: &wgpu::Device, desc: &ShaderDesc<'_>) -> Result<Pipeline> {
        let checked = self.checked || !desc.trusted;
        let (module, error) = scoped(device, || shader_module(device, &desc.label, &desc.wgsl, checked));
        if let Some(e) = error {
            return Err(compile_error(desc, &module, e));
        }
        let constants: Vec<(&str, f64)> = desc.constants.iter().map(|(n, v)| (n.as_str(), *v)).collect();
        let ((layout, raw), error) = scoped(device, || {
            let layout = self.layout(device, desc);
            let raw = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(&desc.label),
                layout: Some(&layout.pipeline),
                module: &module,
                entry_point: Some("main"),
                compilation_options: wgpu::PipelineCompilationOptions {
                    constants: &constants,
                    zero_initialize_workgroup_memory: checked,
                },
                #[cfg(not(target_family = "wasm"))]
                cache: self.file.as_ref().map(PipelineFile::cache),
                #[cfg(target_family = "wasm")]
                cache: None,
            });
            (layout, raw)
        });
        match error {
            Some(e) => Err(compile_error(desc, &module, e)),
            None => {
                #[cfg(not(target_family = "wasm"))]
                if let Some(file) = &self.file {
                    file.note();
                }
                Ok(Pipeline { raw, layout, generation: self.generation, desc: desc.clone().into_owned() })
            }
        }
    }

    fn layout(&self, device: &wgpu::Device, desc: &ShaderDesc<'_>) -> Arc<Layout> {
        let window = ring::window(u64::from(desc.params_size));
        let mut layouts = lock(&self.layouts);
        let id = layouts.len() as u64;
        let make = || {
            let entries: Vec<_> = layout_entries(&desc.bindings, window).collect();
            let group = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
                label: None,
                entries: &entries,
            });
            let pipeline = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
                label: None,
                bind_group_layouts: &[Some(&group)],
                immediate_size: 0,
            });
            Arc::new(Layout { id, group, pipeline })
        };
        Arc::clone(layouts.entry((desc.bindings.to_vec(), window)).or_insert_with(make))
    }
}

fn layout_entries(bindings: &[Access], params: u64) -> impl Iterator<Item = wgpu::BindGroupLayoutEntry> {
    let storage = bindings.iter().map(|access| wgpu::BindingType::Buffer {
        ty: wgpu::BufferBindingType::Storage { read_only: *access == Access::ReadOnly },
        has_dynamic_offset: false,
        min_binding_size: None,
    });
    let uniform = wgpu::BufferSize::new(params).map(|size| wgpu::BindingType::Buffer {
        ty: wgpu::BufferBindingType::Uniform,
        has_dynamic_offset: true,
        min_binding_size: Some(size),
    });
    storage.chain(uniform).zip(0..).map(|(ty, binding)| wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty,
        count: None,
    })
}

/// `Internal` with the message and the numbered lines around the place it speaks of.
fn compile_error(desc: &ShaderDesc<'_>, module: &wgpu::ShaderModule, error: wgpu::Error) -> Error {
    let error = typed("pipeline", error);
    let mut text = format!("kernel '{}': {}", desc.label, error.message());
    for place in locations(module) {
        let line = place.line_number as usize;
        let _ = write!(text, "\nat line {line}, column {}:", place.line_position);
        let around = line.saturating_sub(3)..line + 2;
        for (i, source) in desc.wgsl.lines().enumerate().filter(|(i, _)| around.contains(i)) {
            let _ = write!(text, "\n{:5} | {source}", i + 1);
        }
    }
    Error::new(error.kind(), "pipeline", text)
}

fn locations(module: &wgpu::ShaderModule) -> Vec<wgpu::SourceLocation> {
    #[cfg(target_family = "wasm")]
    {
        let _ = module;
        vec![]
    }
    #[cfg(not(target_family = "wasm"))]
    {
        let info = pollster::block_on(module.get_compilation_info());
        info.messages.into_iter().filter_map(|m| m.location).collect()
    }
}
