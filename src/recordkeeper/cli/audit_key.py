"""The verbs cosigner-key, cosign and rotate-key of audit: keys of cosigners, and a new key of the log."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recordkeeper.cli.audit_proof import NEW_FILE, read_outside_text
from recordkeeper.cli.given_file import PRESENT_FILE
from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.output import print_text
from recordkeeper.language import listing, ngettext
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from recordkeeper.model.canonical import Json


@click.command("cosigner-key", help=_("Make a key of one's own to cosign checkpoints with; needs no workspace"))
@click.option("--name", required=True, help=_("Whose key it is, without spaces: auditor.example.org"))
@click.option("--output", type=NEW_FILE, required=True, help=_("The new file of the private key (0600)"))
@shared_options
def cosigner_key(invocation: Invocation, name: str, output: Path) -> None:
    """Make a cosigner's key."""
    from recordkeeper.tlog.cosignature import CosignerKey

    key = CosignerKey.generate(name)
    key.save(output)

    def render() -> None:
        print_text(_("Private key: {file}, to be read by nobody else").format(file=output))
        print_text(_("Public key, to be given to whoever verifies: {key}").format(key=key.verifier))

    invocation.emit({"file": str(output), "name": name, "public_key": key.verifier}, render)


@click.command("cosign", help=_("Cosign a checkpoint with one's own key: it was seen now; needs no workspace"))
@click.argument("checkpoint", type=PRESENT_FILE)
@click.option("--key", type=PRESENT_FILE, required=True, help=_("The cosigner's private key"))
@click.option("--output", type=NEW_FILE, required=True, help=_("Write the cosigned note to a file that does not exist"))
@click.option(
    "--proof",
    type=PRESENT_FILE,
    help=_("That the log only grew since the checkpoint that this key cosigned last (audit prove --from)"),
)
@click.option(
    "--log-key", type=PRESENT_FILE, help=_("Cosign only what bears a signature of this public key of the log")
)
@shared_options
def cosign(
    invocation: Invocation, checkpoint: Path, key: Path, output: Path, proof: Path | None, log_key: Path | None
) -> None:
    """Cosign a checkpoint; beside the key's file is kept what it cosigned last of each log."""
    from recordkeeper.durable import write_new_file
    from recordkeeper.model.value import format_moment
    from recordkeeper.services.cosigning import cosign_next
    from recordkeeper.tlog.checkpoint import short_checkpoint, unverified_checkpoint, verify_note
    from recordkeeper.tlog.cosignature import CosignerKey

    note, own = read_outside_text(checkpoint), CosignerKey.load(key)
    if log_key is not None:
        verify_note(note, read_outside_text(log_key).strip())
    growth = read_outside_text(proof) if proof else None
    done = cosign_next(note, growth, own, key.with_name(f"{key.name}.seen"), invocation.now)
    write_new_file(output, done.note.encode())
    short = short_checkpoint(unverified_checkpoint(note))

    def render() -> None:
        print_text(_("{file}: checkpoint {short} cosigned by {name}").format(file=output, short=short, name=own.name))
        if done.seen_size is None:
            print_text(_("It is the first checkpoint of this log that this key has seen: what was before is not known"))
        else:
            print_text(
                ngettext(
                    "The log only grew from the {size} event cosigned before",
                    "The log only grew from the {size} events cosigned before",
                    done.seen_size,
                ).format(size=done.seen_size)
            )

    moment = format_moment(invocation.now)
    shown: Json = {
        "file": str(output),
        "checkpoint": short,
        "name": own.name,
        "at": moment,
        "grown_from": done.seen_size,
    }
    invocation.emit(shown, render)


@click.command("keep-cosigned", help=_("Keep a checkpoint that somebody outside has cosigned in the archive"))
@click.argument("note", type=PRESENT_FILE)
@click.option(
    "--cosigner",
    "cosigners",
    multiple=True,
    required=True,
    type=PRESENT_FILE,
    help=_("The public key of a cosigner; other signatures are not kept"),
)
@shared_options
def keep(invocation: Invocation, note: Path, cosigners: tuple[Path, ...]) -> None:
    """Keep a cosigned checkpoint."""
    from recordkeeper.services.cosigning import keep_cosigned_note

    actor, workspace = invocation.actor(), invocation.workspace()
    workspace.check_archive_here()
    keys = [read_outside_text(cosigner).strip() for cosigner in cosigners]
    kept = keep_cosigned_note(workspace.publisher, actor, read_outside_text(note), keys, invocation.now)
    invocation.emit(
        {"file": str(kept.file), "size": kept.size, "cosigned_by": list(kept.cosigners)},
        lambda: print_text(
            ngettext(
                "{file}: checkpoint of {size} event, cosigned by {names}",
                "{file}: checkpoint of {size} events, cosigned by {names}",
                kept.size,
            ).format(file=kept.file, size=kept.size, names=listing(kept.cosigners))
        ),
    )


@click.command("rotate-key", help=_("Replace the log's key: the new one signs from the next checkpoint on"))
@shared_options
def rotate_key(invocation: Invocation) -> None:
    """Make a new log key, signed by the old one and signing it."""
    from recordkeeper.services.log_keys import rotate_log_key
    from recordkeeper.services.publication import publisher_lock

    workspace, actor = invocation.workspace(), invocation.actor()
    invocation.confirm(_("Replace the key of the log; the old one is removed once the new one has signed"))
    with publisher_lock(workspace.archive):
        rotation = rotate_log_key(workspace.register, workspace.log_key_path, actor, invocation.now)
    invocation.publish()

    def render() -> None:
        print_text(_("Old public key: {key}").format(key=rotation.old_key))
        print_text(_("New public key, to be kept outside: {key}").format(key=rotation.new_key))
        print_text(_("The old private key is removed once the new one has signed a checkpoint"))

    invocation.emit({"old_key": rotation.old_key, "new_key": rotation.new_key}, render)
