//! Panics, and which threads take part. Each test has a team of its own.

use std::panic::catch_unwind;
use std::sync::atomic::AtomicUsize;

use super::*;

fn new_team() -> &'static Team {
    Box::leak(Box::new(Team::new()))
}

/// The sum of the indices of a loop of 8 tasks: 28 if each ran once.
fn sum_of_8(team: &'static Team) -> usize {
    let sum = AtomicUsize::new(0);
    team.for_each(8, 2, true, &|task| {
        sum.fetch_add(task, SeqCst);
    });
    sum.into_inner()
}

#[test]
fn a_panic_comes_out_of_its_loop_and_the_next_one_does_all_its_tasks() {
    let team = new_team();
    let broken = || team.for_each(8, 2, true, &|task| assert!(task != 5, "broken"));
    assert!(catch_unwind(AssertUnwindSafe(broken)).is_err());
    assert_eq!(sum_of_8(team), 28);
}

#[test]
fn when_caller_and_helper_panic_the_next_loop_is_not_ended_by_either_panic() {
    let team = new_team();
    let caller = thread::current().id();
    let inside = AtomicUsize::new(0);
    // Each of the two tasks waits for the other, so one of them is the helper's.
    let broken = || {
        team.for_each(2, 2, true, &|_| {
            inside.fetch_add(1, SeqCst);
            while inside.load(SeqCst) < 2 {
                thread::yield_now();
            }
            panic!("{}", if thread::current().id() == caller { "caller's" } else { "helper's" });
        })
    };
    let panic = catch_unwind(AssertUnwindSafe(broken)).unwrap_err();
    assert_eq!(panic.downcast_ref::<String>().unwrap(), "caller's");
    assert_eq!(sum_of_8(team), 28);
}

#[test]
fn a_thread_that_has_woken_nobody_works_alone_where_nobody_is_to_be_woken() {
    let this = thread::current().id();
    new_team().for_each(100, 2, false, &|_| assert_eq!(thread::current().id(), this));
}

#[test]
fn a_loop_on_its_caller_alone_leaves_the_team_to_other_threads() {
    let team = new_team();
    let asked = AtomicUsize::new(0);
    team.for_each(2, 2, false, &|_| {
        assert!(team.members.try_lock().is_ok(), "another thread could not share a loop now");
        asked.fetch_add(1, SeqCst);
    });
    assert_eq!(asked.into_inner(), 2);
}

#[test]
fn a_loop_inside_a_task_and_a_loop_on_one_thread_run_on_their_caller() {
    let team = new_team();
    team.for_each(4, 3, true, &|_| {
        let this = thread::current().id();
        team.for_each(10, 3, true, &|_| assert_eq!(thread::current().id(), this));
    });
    let this = thread::current().id();
    team.for_each(10, 1, true, &|_| assert_eq!(thread::current().id(), this));
}

#[test]
fn every_task_runs_once_on_any_number_of_threads() {
    let team = new_team();
    for threads in [1, 2, 3, 8] {
        for tasks in [0, 1, 2, 7, 200] {
            let counts: Vec<AtomicUsize> = (0..tasks).map(|_| AtomicUsize::new(0)).collect();
            team.for_each(tasks, threads, true, &|task| {
                counts[task].fetch_add(1, SeqCst);
            });
            assert!(counts.iter().all(|count| count.load(SeqCst) == 1), "{tasks} tasks, {threads} threads");
        }
    }
}
