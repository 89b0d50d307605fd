//! The few figures that are made of others.

/// The middle one, or the mean of the two in the middle; of nothing it is not a number.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => values[count / 2],
        count => f64::midpoint(values[count / 2 - 1], values[count / 2]),
    }
}

/// The order in which two things are measured: what drifts with time falls on both alike (ABBA).
pub fn alternating<T: Copy>(things: &[T], repeats: usize) -> Vec<T> {
    let mut order = Vec::with_capacity(things.len() * repeats);
    for round in 0..repeats {
        match round % 2 {
            0 => order.extend(things),
            _ => order.extend(things.iter().rev()),
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_stands_in_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 1.0, 3.0, 2.0]), 2.5);
        assert_eq!(median([5.0]), 5.0);
        assert!(median([]).is_nan());
    }

    #[test]
    fn the_order_turns_with_every_round() {
        assert_eq!(alternating(&['a', 'b'], 2), ['a', 'b', 'b', 'a']);
        assert_eq!(alternating(&['a', 'b'], 3), ['a', 'b', 'b', 'a', 'a', 'b']);
        assert_eq!(alternating(&['a'], 2), ['a', 'a']);
    }
}
