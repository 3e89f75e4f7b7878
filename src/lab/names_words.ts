/** What a step of the lesson on names did, in one sentence. */
import { unreachable } from '../base/assert';
import type { NamesLine } from './names_language';

export function stepInWords({ step, tells }: NamesLine): string {
  if (tells) return 'The user is told: saved. From here on only the new contents will do.';
  switch (step.kind) {
    case 'create':
      return `${step.name} is a new name for a new, empty file. The disk has neither yet.`;
    case 'write':
      return `Letters go to ${step.name}, block by block. The system has them; the disk may get any of them first.`;
    case 'truncate':
      return `The length of ${step.name} becomes ${step.length}. The disk may learn of that before anything else.`;
    case 'flush':
      return `The letters and the length of ${step.name} are on the disk now. Its name is a different matter.`;
    case 'move':
      return `${step.to} now names the file that was ${step.from}. Whatever ${step.to} named before comes to its end.`;
    case 'remove':
      return `${step.name} is gone, and its file comes to its end.`;
    case 'flush_directory':
      return 'All names are on the disk now.';
    case 'wait':
      return 'Some seconds pass. The journal may have been written meanwhile; names have not.';
    case 'settle':
      return 'Some 40 seconds have passed: the system has written everything back.';
    default:
      return unreachable(step);
  }
}
