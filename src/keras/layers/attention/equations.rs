//! Equations of attention over any axes.

/// The letter of dimension `i`.
fn letter(i: usize) -> char {
    char::from(b'a' + (i % 26) as u8)
}

/// Scores of keys and queries, and values weighted by them, of tensors of `rank` dimensions, over `axes`; the last two dimensions are heads
/// and features. Scores have the batch dimensions, the heads, the axes of queries and those of keys.
pub(super) fn attention(rank: usize, axes: &[usize]) -> (String, String) {
    let target: Vec<char> = (0..rank).map(letter).collect();
    let mut free = rank..;
    let source: Vec<char> = (0..rank)
        .map(|i| if axes.contains(&i) { letter(free.next().unwrap_or(i)) } else { letter(i) })
        .collect();
    let batch = (0..rank - 1).filter(|i| !axes.contains(i)).map(|i| target[i]);
    let scores: String =
        batch.chain(axes.iter().map(|&i| target[i])).chain(axes.iter().map(|&i| source[i])).collect();
    let (target, source): (String, String) = (target.iter().collect(), source.iter().collect());
    (format!("{source},{target}->{scores}"), format!("{scores},{source}->{target}"))
}
