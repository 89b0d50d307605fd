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

/// The value that this share of all does not exceed; of nothing it is not a number.
pub fn quantile(values: impl IntoIterator<Item = f64>, share: f64) -> f64 {
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let place = (values.len() as f64 * share).ceil() as usize;
    let found = values.get(place.saturating_sub(1));
    found.copied().unwrap_or(f64::NAN)
}

/// The mean; of nothing it is not a number.
pub fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let (count, sum) = values
        .into_iter()
        .fold((0, 0.0), |(count, sum), value| (count + 1, sum + value));
    sum / f64::from(count)
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
    fn a_quantile_is_one_of_the_values() {
        let values = || (1..=40).rev().map(f64::from);
        let shares = [0.0, 0.03, 0.5, 0.95, 1.0];
        assert_eq!(
            shares.map(|share| quantile(values(), share)),
            [1.0, 2.0, 20.0, 38.0, 40.0]
        );
        assert!(quantile([], 0.5).is_nan() && mean([]).is_nan());
        assert_eq!(mean(values()), 20.5);
    }

    #[test]
    fn the_order_turns_with_every_round() {
        assert_eq!(alternating(&['a', 'b'], 2), ['a', 'b', 'b', 'a']);
        assert_eq!(alternating(&['a', 'b'], 3), ['a', 'b', 'b', 'a', 'a', 'b']);
        assert_eq!(alternating(&['a'], 2), ['a', 'a']);
    }
}
