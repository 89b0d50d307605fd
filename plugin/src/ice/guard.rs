//! A panic costs the packet, order or job that it happened in, not the thread that all legs share.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};

use super::{counters::Counters, lane::CAT};

/// Does one piece of work. `None` when it panicked, which is counted and logged; what it had to do is left undone.
pub(super) fn guarded<T>(what: &str, counters: &Counters, work: impl FnOnce() -> T) -> Option<T> {
    let done = catch_unwind(AssertUnwindSafe(work)).inspect_err(|panic| {
        counters.panicked();
        gst::error!(CAT, "{what} panicked: {}", message(&**panic));
    });
    done.ok()
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let owned = || panic.downcast_ref::<String>().map(String::as_str);
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(owned).unwrap_or("it does not say why")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_panics_is_counted_and_over() {
        let counters = Counters::default();
        assert_eq!(guarded("a good one", &counters, || 7), Some(7));
        assert_eq!(counters.panics(), 0);
        assert_eq!(
            guarded("a bad one", &counters, || panic!("{}", 1)),
            None::<()>
        );
        assert_eq!(counters.panics(), 1);
    }

    #[test]
    fn what_a_panic_says_is_read() {
        let said: [Box<dyn Any + Send>; 3] = [Box::new("a"), Box::new("b".to_owned()), Box::new(1)];
        assert_eq!(
            said.each_ref().map(|panic| message(&**panic)),
            ["a", "b", "it does not say why"]
        );
    }
}
