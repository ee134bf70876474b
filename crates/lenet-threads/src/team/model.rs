//! The team under loom, which runs each model in every order that its threads may take.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p lenet-threads --release --lib model`

use std::sync::Arc;
use std::sync::atomic::AtomicUsize as Count; // Counts what happened; loom need not know of it.

use super::*;

/// A team with one helper, whose thread is the model's own. It is looked at `looks` times for a new loop.
fn helper(team: &Arc<Team>, looks: usize) -> thread::JoinHandle<()> {
    let team = Arc::clone(team);
    thread::spawn(move || {
        let mut last = 0;
        for _ in 0..looks {
            if let Some(number) = team.door.next_loop(last) {
                last = number;
                team.help(number, 0);
            }
            thread::yield_now();
        }
    })
}

/// One loop of `tasks` tasks as the caller runs it.
fn run(team: &Team, tasks: u32, work: &(dyn Fn(usize) + Sync)) {
    // SAFETY: the model has one caller, and each loop ends with a closed door and nobody inside.
    unsafe { team.open(Job::new(tasks, 1, work)) };
    team.work_on(tasks, FRONT, work);
    team.door.close();
    assert!(team.door.is_shut());
}

fn explore(model: impl Fn() + Send + Sync + 'static) {
    loom::model::Builder::new().check(model);
}

#[test]
fn every_task_of_two_loops_runs_once_and_a_closure_is_not_used_after_its_loop() {
    explore(|| {
        let team = Arc::new(Team::new());
        let helper = helper(&team, 2);
        for _ in 0..2 {
            // The counts end with the loop: a helper that used them later would be undefined behaviour, and
            // loom's cell of the job reports a helper that reads the job while the caller writes
            // the next one.
            let counts = [Count::new(0), Count::new(0)];
            run(&team, 2, &|task| {
                counts[task].fetch_add(1, SeqCst);
            });
            assert_eq!(counts.map(Count::into_inner), [1, 1]);
        }
        helper.join().unwrap();
    });
}

#[test]
fn a_helper_that_falls_asleep_is_woken_or_sees_the_open_door() {
    explore(|| {
        let team = Arc::new(Team::new());
        let asleep = Arc::new(AtomicBool::new(false));
        let sleeper = {
            let (team, asleep) = (Arc::clone(&team), Arc::clone(&asleep));
            thread::spawn(move || team.sleep(0, &asleep))
        };
        // SAFETY: the only loop of the model.
        unsafe { team.open(Job::new(0, 1, &|_| {})) };
        if asleep.load(SeqCst) {
            sleeper.thread().unpark();
        }
        sleeper.join().unwrap(); // A wake-up that is lost is a deadlock, which loom reports.
        team.door.close();
    });
}

#[test]
fn a_panic_of_a_helper_reaches_its_own_loop_and_not_the_next_one() {
    explore(|| {
        let team = Arc::new(Team::new());
        let helper = helper(&team, 2);
        // The caller takes no task, so the helper panics if it comes while the door is open.
        // SAFETY: each loop ends with a closed door and nobody inside.
        unsafe { team.open(Job::new(1, 1, &|_| std::panic::panic_any("broken"))) };
        team.door.close();
        let panicked = team.panic.lock().unwrap().take().is_some();
        let started = team.taken.load(SeqCst) > 0;
        assert_eq!(panicked, started, "when nobody is inside, the panic is there");

        run(&team, 1, &|_| ());
        assert!(team.panic.lock().unwrap().is_none(), "of the loop before");
        helper.join().unwrap();
    });
}
