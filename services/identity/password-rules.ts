/** Which passwords are taken: long enough and not among the first that anybody tries. */

export const PASSWORD_LENGTH_MIN = 12;
export const PASSWORD_LENGTH_MAX = 128;

/**
 * Cores of the passwords at the top of published breach lists. With digits and signs at the end, in
 * any case and with the usual letter swaps they are refused too.
 */
const COMMON = new Set(
  `password passwort motdepasse contrasena passphrase administrator admin welcome letmein iloveyou
   football baseball basketball superman batman starwars pokemon dragon monkey sunshine princess
   shadow master michael jennifer jordan ashley charlie changeme changeit trustno qwerty qwertyuiop
   qwertyuiopasdfghjkl qwertzuiop azertyuiop asdfghjkl asdfghjklzxcvbnm zxcvbnm qazwsx qazwsxedc
   qazwsxedcrfv abc abcdef abcdefgh abcdefghijkl abcdefghijklm default secret mysecret computer
   internet whatever freedom hello helloworld correcthorsebatterystaple mypassword thisisapassword
   passwordpassword adminadmin sandpit trader trading`.split(/\s+/),
);
const SWAPS: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};

/** Why a password is refused, as a sentence that says what to do; null when it is taken. */
export function passwordFault(password: string, email: string): string | null {
  const length = [...password].length;
  if (length < PASSWORD_LENGTH_MIN) {
    return `is too short; use at least ${PASSWORD_LENGTH_MIN} characters, a few words for example`;
  }
  if (length > PASSWORD_LENGTH_MAX) return `is too long; use at most ${PASSWORD_LENGTH_MAX}`;
  const plain = password.normalize('NFKC').toLowerCase();
  const name = email.toLowerCase().split('@')[0];
  if (plain === email.toLowerCase() || (name.length > 3 && core(plain) === core(name))) {
    return 'is the e-mail address; use something that others do not know';
  }
  if (isMonotonous(plain) || COMMON.has(core(plain)) || COMMON.has(core(swapped(plain)))) {
    return 'is among the first that are guessed; use a few unrelated words';
  }
  return null;
}

/** Without digits and signs around it. */
const core = (text: string) => text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '');
const swapped = (text: string) =>
  [...text.replace(/[0-9!$]+$/, '')].map((character) => SWAPS[character] ?? character).join('');

/** One character, a short pattern again and again, or a run such as 123456789012. */
function isMonotonous(text: string): boolean {
  for (let period = 1; period <= 4; period++) {
    if ([...text].every((character, i, all) => i < period || character === all[i - period])) {
      return true;
    }
  }
  const steps = [...text]
    .slice(1)
    .map((c, i) => (c.codePointAt(0)! - text.codePointAt(i)! + 10) % 10);
  return /^\d+$/.test(text) && (steps.every((s) => s === 1) || steps.every((s) => s === 9));
}
