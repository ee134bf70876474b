//! `-h`: the flags of a first training. `--help` has all of them.

use clap::{Arg, Command};

/// The flags of `train` that `-h` prints.
const FLAGS: [&str; 16] = [
    "data",
    "valid",
    "epochs",
    "batch_size",
    "seed",
    "init",
    "kind", // --optimizer
    "lr",
    "device",
    "threads",
    "report",
    "quiet",
    "recipe",
    "config",
    "resume",
    "out",
];

/// Hides the other flags of `train` from `-h`.
pub(super) fn shortened(command: Command) -> Command {
    let shorten = |flag: Arg| {
        let is_hidden = !FLAGS.contains(&flag.get_id().as_str());
        flag.hide_short_help(is_hidden)
    };
    command.mut_args(shorten).mut_subcommand("train", |train| train.mut_args(shorten))
}

#[cfg(test)]
mod tests {
    use super::FLAGS;
    use crate::cli::Cli;
    use clap::CommandFactory;

    #[test]
    fn help_fits_a_terminal_of_80_columns() {
        let mut command = Cli::command().term_width(80);
        command.build();
        let names = command.get_subcommands().map(|command| command.get_name().to_owned());
        for name in names.collect::<Vec<_>>() {
            let help = command.find_subcommand_mut(&name).unwrap().render_long_help().to_string();
            let longest = help.lines().max_by_key(|line| line.chars().count()).unwrap_or_default();
            assert!(longest.chars().count() <= 80, "{name}: {longest}");
        }
    }

    #[test]
    fn every_flag_of_the_short_help_exists() {
        let command = Cli::command();
        let exists = |id: &&str| command.get_arguments().any(|flag| flag.get_id() == *id);
        assert_eq!(FLAGS.iter().find(|id| !exists(id)), None);
    }
}
