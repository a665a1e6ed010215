//! Tests over all ops in parts. All of them together compile more kernels than one process should hold: drivers keep what they compiled,
//! SwiftShader some megabytes each.

/// One of several parts of a list.
#[derive(Clone, Copy)]
pub(crate) struct Part {
    pub(crate) number: usize,
    pub(crate) of: usize,
}

impl Part {
    /// What belongs to it. Every element belongs to one part.
    pub(crate) fn of<T>(self, all: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
        all.into_iter().skip(self.number).step_by(self.of)
    }
}

/// Makes tests that call a function of a [`Part`] with each part.
macro_rules! in_parts {
    ($check:ident) => {
        $crate::parts::in_parts!($check: part_0, part_1, part_2, part_3, part_4, part_5, part_6, part_7);
    };
    ($check:ident: $($part:ident),+) => {
        #[expect(non_camel_case_types, reason = "they are names of tests, to be counted")]
        enum Parts { $($part),+ }
        const PARTS: usize = [$(Parts::$part as usize),+].len();
        $(#[test]
        fn $part() {
            $check($crate::parts::Part { number: Parts::$part as usize, of: PARTS });
        })+
    };
}

pub(crate) use in_parts;

#[test]
fn parts_are_the_whole() {
    let mut found: Vec<usize> = (0..3).flat_map(|number| Part { number, of: 3 }.of(0..10)).collect();
    found.sort_unstable();
    assert_eq!(found, (0..10).collect::<Vec<_>>());
}
