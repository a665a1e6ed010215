//! Compiling kernels: caching, constants, errors that show the line, many at once.

use super::*;
use wgflow::ErrorKind;

const FILL: &str = "
override value: u32 = 1;
override size: u32 = 64;
@group(0) @binding(0) var<storage, read_write> x: array<u32>;
@compute @workgroup_size(size) fn main(@builtin(global_invocation_id) id: vec3u) {
    if id.x < arrayLength(&x) { x[id.x] = value; }
}";

fn fill(value: u32) -> ShaderDesc<'static> {
    ShaderDesc::new("fill", FILL, &[Access::ReadWrite][..], 0).constant("value", f64::from(value))
}

#[test]
fn one_text_with_the_same_constants_is_one_pipeline() {
    on_adapter!(|_c, device, gpu| {
        let a = gpu.pipeline(&fill(3))?;
        let same = gpu.pipeline(&fill(3))?;
        let mut renamed = fill(3);
        renamed.label = "other".into();
        let renamed = gpu.pipeline(&renamed)?;
        let b = gpu.pipeline(&fill(4).constant("size", 32.0))?;
        assert!(Arc::ptr_eq(&a, &same) && Arc::ptr_eq(&a, &renamed) && !Arc::ptr_eq(&a, &b));
        assert_eq!((a.label(), a.bindings(), a.params_size()), ("fill", &[Access::ReadWrite][..], 0));
        assert_eq!((device.stats().pipelines_created, device.stats().pipeline_hits), (2, 2));
        let x = device.alloc(4 * 100)?;
        for (p, value) in [(&a, 3), (&b, 4), (&a, 3)] {
            gpu.dispatch(p, &[Binding::whole(&x)], &[], [4, 1, 1])?;
            assert_eq!(read(&device, &x)?, [value; 100]);
        }
    });
}

#[test]
fn trusted_kernels_compute_the_same() {
    on_adapter!(|_c, device, gpu| {
        let text = "
            @group(0) @binding(0) var<storage, read_write> x: array<i32>;
            var<workgroup> part: array<i32, 64>;
            @compute @workgroup_size(64) fn main(@builtin(local_invocation_index) i: u32) {
                part[i] = x[i]; workgroupBarrier();
                var sum = 0;
                for (var k = 0u; k < 64u; k++) { sum += part[k] / max(x[i], 1); }
                workgroupBarrier();
                x[i] = sum;
            }";
        let desc = ShaderDesc::new("sums", text, &[Access::ReadWrite][..], 0);
        let values: Vec<u32> = (0..64).collect();
        let mut results = vec![];
        for desc in [desc.clone(), desc.trusted()] {
            let p = gpu.pipeline(&desc)?;
            let x = device.upload(&bytes(&values))?;
            gpu.dispatch(&p, &[Binding::whole(&x)], &[], [1, 1, 1])?;
            results.push(read(&device, &x)?);
        }
        let wanted: Vec<u32> = (0..64).map(|i: u32| (0..64).map(|v| v / i.max(1)).sum()).collect();
        assert_eq!((&results[0], &results[1]), (&wanted, &wanted));
        assert_eq!(device.stats().pipelines_created, 2, "checked and trusted are two pipelines");
    });
}

#[test]
fn errors_show_the_numbered_line() {
    on_adapter!(|_c, device, gpu| {
        let head = "@group(0) @binding(0) var<storage, read_write> x: array<u32>;\n";
        for (body, parts) in [
            // A name that is not there, in line 3 of the text.
            (
                "@compute @workgroup_size(1)\nfn main() { x[0] = nowhere; }",
                ["nowhere", "    3 | fn main() { x[0] = nowhere; }"],
            ),
            // A type error, in line 4.
            ("@compute @workgroup_size(1)\nfn main() {\nx[0] = 1.5f;\n}", ["line 4", "    4 | x[0] = 1.5f;"]),
            // No entry point of that name.
            ("@compute @workgroup_size(1) fn other() { x[0] = 1; }", ["main", "kernel 'bad'"]),
            // More than any adapter allows.
            ("@compute @workgroup_size(1, 1, 4096) fn main() { x[0] = 1; }", ["4096", "kernel 'bad'"]),
            // A binding that is not declared.
            (
                "@group(0) @binding(5) var<storage, read> y: array<u32>;\n@compute @workgroup_size(1) fn main() { x[0] = y[0]; }",
                ["binding", "kernel 'bad'"],
            ),
            ("not wgsl at all", ["line 2", "    2 | not wgsl at all"]),
        ] {
            let desc = ShaderDesc::new("bad", format!("{head}{body}"), &[Access::ReadWrite][..], 0);
            let e = gpu.pipeline(&desc).unwrap_err();
            assert_eq!(e.kind(), ErrorKind::Internal);
            for part in parts {
                assert!(e.message().contains(part), "{part:?} is missing in: {e}");
            }
        }
        let e = gpu.pipeline(&fill(1).constant("unknown", 1.0)).unwrap_err();
        assert!(e.message().contains("unknown"), "{e}");
        let params = "struct P { a: array<vec4u, 5> } @group(0) @binding(1) var<uniform> p: P;
            @compute @workgroup_size(1) fn main() { x[0] = p.a[4].x; }";
        let desc = |size| ShaderDesc::new("bad", format!("{head}{params}"), &[Access::ReadWrite][..], size);
        let e = gpu.pipeline(&desc(64)).unwrap_err();
        assert!(e.message().contains("80"), "{e}");
        let e = gpu.pipeline(&desc(1 << 20)).unwrap_err();
        assert!(e.message().contains("1048576 bytes of parameters"), "{e}");
        // Errors leave nothing behind.
        let x = device.alloc(16)?;
        gpu.dispatch(&*gpu.pipeline(&fill(8))?, &[Binding::whole(&x)], &[], [1, 1, 1])?;
        assert_eq!(read(&device, &x)?, [8; 4]);
        assert_eq!(gpu.pipelines_kept(), 1);
    });
}

#[test]
fn many_compile_at_once_in_order() {
    on_adapter!(|_c, device, gpu| {
        let mut descs: Vec<_> = (0..20).map(fill).collect();
        descs[7] = ShaderDesc::new("bad", "fn main() {", &[][..], 0);
        let pipelines = gpu.pipelines(&descs);
        assert_eq!(pipelines.len(), 20);
        let x = device.alloc(4)?;
        for (i, p) in pipelines.into_iter().enumerate() {
            match p {
                Ok(p) => {
                    gpu.dispatch(&p, &[Binding::whole(&x)], &[], [1, 1, 1])?;
                    assert_eq!(read(&device, &x)?, [i as u32]);
                }
                Err(e) => assert!(i == 7 && e.message().contains("'bad'"), "{i}: {e}"),
            }
        }
        assert_eq!(device.stats().pipelines_created, 19);
    });
}

#[test]
fn caps_say_what_kernels_may_use() {
    on_adapter!(|_c, device, gpu| {
        let caps = device.caps().unwrap();
        assert_eq!(caps.to_string(), gpu.caps().to_string());
        assert!(!caps.name.is_empty() && caps.limits.max_storage_buffers_per_shader_stage >= 8);
        let f16 = "enable f16;
            @group(0) @binding(0) var<storage, read_write> x: array<f16>;
            @compute @workgroup_size(1) fn main() { x[0] = x[0] * 2h; }";
        let made = gpu.pipeline(&ShaderDesc::new("f16", f16, &[Access::ReadWrite][..], 0));
        assert_eq!(made.is_ok(), caps.f16, "{made:?}");
        let sum = "@group(0) @binding(0) var<storage, read_write> x: array<u32>;
            @compute @workgroup_size(32) fn main(@builtin(subgroup_size) n: u32, @builtin(local_invocation_index) i: u32) {
                let s = subgroupAdd(1u); if i == 0 { x[0] = n; x[1] = s; } }";
        let made = gpu.pipeline(&ShaderDesc::new("subgroups", sum, &[Access::ReadWrite][..], 0));
        assert_eq!(made.is_ok(), caps.subgroups, "{made:?}");
        if let Ok(p) = made {
            let x = device.alloc(8)?;
            gpu.dispatch(&p, &[Binding::whole(&x)], &[], [1, 1, 1])?;
            let [size, sum] = read(&device, &x)?[..] else { panic!() };
            assert!(
                (caps.subgroup_size[0]..=caps.subgroup_size[1]).contains(&size) && sum <= size,
                "{size} {sum}"
            );
        }
    });
}
