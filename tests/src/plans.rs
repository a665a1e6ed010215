//! Plans run on the CPU executor straight from host values.

use wgflow::compiler::fuse::{FuseRules, Inputs};
use wgflow::compiler::plan::{Place, Plan, buffer_bytes};
use wgflow::cpu;
use wgflow::hlo::{Graph, Literal};

/// Rules as the CPU device has them, but with joins of whole rows at any size.
pub const RULES: FuseRules = FuseRules {
    max_buffers: 32,
    views_in_contractions: false,
    min_rows: 1,
    max_row: 1 << 24,
    row_groups: false,
    row_major: true,
    split_contractions: false,
};

fn words(bytes: &[u8], total: u64) -> Vec<u32> {
    let mut padded = bytes.to_vec();
    padded.resize(total as usize, 0);
    padded.as_chunks::<4>().0.iter().map(|c| u32::from_le_bytes(*c)).collect()
}

/// Compiles a graph and runs it on the CPU executor.
///
/// # Panics
/// When anything fails: this is for tests.
pub fn run(g: &Graph, args: &[Literal], rules: &FuseRules) -> Vec<Literal> {
    let plan = Plan::new(g, rules, &Inputs::default()).unwrap();
    let host = |l: &Literal| {
        let bytes = l.to_storage("test").unwrap();
        words(&bytes, buffer_bytes(l.dtype.storage().unwrap(), l.len()).max(16))
    };
    let inputs: Vec<Vec<u32>> = args.iter().map(host).collect();
    let constants: Vec<Vec<u32>> = plan.constants.iter().map(|l| host(l)).collect();
    let mut slots: Vec<Vec<u32>> = plan.slots.iter().map(|b| vec![0xdead_beef; *b as usize / 4]).collect();
    let mut outputs: Vec<Vec<u32>> = plan
        .specs
        .iter()
        .map(|s| {
            vec![0xdead_beef; buffer_bytes(s.dtype.storage().unwrap(), s.shape.size()).max(16) as usize / 4]
        })
        .collect();
    for step in &plan.steps {
        // Each buffer's words are moved out for the step, so that reads and writes are told apart.
        let mut taken: Vec<Vec<u32>> = vec![];
        for (b, place) in step.kernel.buffers.iter().zip(&step.places) {
            taken.push(match (place, b.written) {
                (Place::Input(i), false) => inputs[*i].clone(),
                (Place::Constant(i), false) => constants[*i].clone(),
                (Place::Slot(i), false) => slots[*i].clone(),
                (Place::Output(i), false) => outputs[*i].clone(),
                (Place::Slot(i), true) => std::mem::take(&mut slots[*i]),
                (Place::Output(i), true) => std::mem::take(&mut outputs[*i]),
                _ => panic!("an input is written"),
            });
        }
        let mut memory = cpu::Memory::default();
        for (w, b) in taken.iter_mut().zip(&step.kernel.buffers) {
            if b.written { memory.push_write(w) } else { memory.push_read(w) }
        }
        let failed = cpu::run(&step.kernel, &mut memory, &[]).unwrap();
        assert!(failed.is_none());
        drop(memory);
        for ((w, b), place) in taken.into_iter().zip(&step.kernel.buffers).zip(&step.places) {
            match (place, b.written) {
                (Place::Slot(i), true) => slots[*i] = w,
                (Place::Output(i), true) => outputs[*i] = w,
                _ => {}
            }
        }
    }
    let bytes = |w: &[u32]| w.iter().flat_map(|w| w.to_le_bytes()).collect::<Vec<u8>>();
    plan.outputs
        .iter()
        .zip(&plan.specs)
        .map(|(place, s)| {
            let w = match place {
                Place::Input(i) => &inputs[*i],
                Place::Output(i) => &outputs[*i],
                _ => panic!("an output is in a slot"),
            };
            Literal::from_storage("test", s.dtype, s.shape.clone(), &bytes(w)).unwrap()
        })
        .collect()
}
