//! A compute device with one verb, for tests of shader text that go below the library's own runtime.

use crate::device;
use wgpu::util::DeviceExt;

/// An adapter opened for compute work.
#[derive(Debug)]
pub struct Gpu {
    device: wgpu::Device,
    queue: wgpu::Queue,
    /// The adapter's name and driver.
    pub name: String,
}

impl Gpu {
    /// The adapter under test (see [`device`](crate::device)); nothing in a run for the CPU.
    ///
    /// # Panics
    /// Where the adapter is missing.
    pub fn open() -> Option<Gpu> {
        let wanted = device::wanted().to_lowercase();
        if wanted == "cpu" {
            return None;
        }
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
        let found: Vec<String> = adapters
            .iter()
            .map(|a| a.get_info())
            .map(|i| format!("{} ({} {})", i.name, i.driver, i.driver_info))
            .collect();
        let k = found
            .iter()
            .position(|name| wanted == "gpu" || name.to_lowercase().contains(&wanted))
            .unwrap_or_else(|| panic!("no adapter {wanted:?} among {found:?}"));
        let limits = adapters[k].limits();
        let descriptor =
            wgpu::DeviceDescriptor { required_limits: limits, ..wgpu::DeviceDescriptor::default() };
        let (device, queue) =
            pollster::block_on(adapters[k].request_device(&descriptor)).unwrap_or_else(|e| panic!("{e}"));
        Some(Gpu { device, queue, name: found[k].clone() })
    }

    /// Runs `main` of a shader once: read-only inputs at bindings 0 to n - 1, results of `len` words at binding n, workgroups of 64.
    ///
    /// # Errors
    /// What the shader compiler or the device reports.
    pub fn run(&self, source: &str, inputs: &[&[u32]], len: usize) -> Result<Vec<u32>, String> {
        let scope = self.device.push_error_scope(wgpu::ErrorFilter::Validation);
        let module = self.device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: None,
            source: wgpu::ShaderSource::Wgsl(source.into()),
        });
        let pipeline = self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: None,
            layout: None,
            module: &module,
            entry_point: None,
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            cache: None,
        });
        if let Some(e) = pollster::block_on(scope.pop()) {
            return Err(e.to_string());
        }
        let mut buffers: Vec<wgpu::Buffer> = inputs
            .iter()
            .map(|x| {
                self.device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
                    label: None,
                    contents: bytemuck::cast_slice(x),
                    usage: wgpu::BufferUsages::STORAGE,
                })
            })
            .collect();
        let buffer = |usage| {
            self.device.create_buffer(&wgpu::BufferDescriptor {
                label: None,
                size: len as u64 * 4,
                usage,
                mapped_at_creation: false,
            })
        };
        let (out, read) = (
            buffer(wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC),
            buffer(wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST),
        );
        buffers.push(out.clone());
        let entries: Vec<wgpu::BindGroupEntry<'_>> = buffers
            .iter()
            .enumerate()
            .map(|(i, b)| wgpu::BindGroupEntry { binding: i as u32, resource: b.as_entire_binding() })
            .collect();
        let group = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &pipeline.get_bind_group_layout(0),
            entries: &entries,
        });
        let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            pass.set_pipeline(&pipeline);
            pass.set_bind_group(0, &group, &[]);
            pass.dispatch_workgroups(len.div_ceil(64) as u32, 1, 1);
        }
        encoder.copy_buffer_to_buffer(&out, 0, &read, 0, len as u64 * 4);
        self.queue.submit([encoder.finish()]);
        read.map_async(wgpu::MapMode::Read, .., |_| {});
        self.device.poll(wgpu::PollType::wait_indefinitely()).map_err(|e| e.to_string())?;
        let view = read.get_mapped_range(..).map_err(|e| e.to_string())?;
        Ok(bytemuck::pod_collect_to_vec(&view))
    }
}
