/** What the sign-up form can judge by itself; the server also refuses common passwords. */

const EMAIL = /^[^\s@<>"]{1,64}@[^\s@<>"]+\.[^\s@<>".]{2,}$/;
const MIN_LENGTH = 12;
const MAX_LENGTH = 128;

export interface PasswordRule {
  text: string;
  isMet(password: string, email: string): boolean;
}

export const PASSWORD_RULES: readonly PasswordRule[] = [
  {
    text: `At least ${MIN_LENGTH} characters`,
    isMet: (password) => password.length >= MIN_LENGTH && password.length <= MAX_LENGTH,
  },
  {
    text: 'Not your e-mail address, not one character repeated',
    isMet: (password, email) =>
      password.length > 0 &&
      new Set(password).size > 3 &&
      password.toLowerCase() !== email.trim().toLowerCase(),
  },
];

export function checkCredentials(
  email: string,
  password: string,
  mode: 'login' | 'signup',
): { email: string; password: string } {
  const address = email.trim();
  const emailError = !address
    ? 'Enter your e-mail address.'
    : EMAIL.test(address) && address.length <= 254
      ? ''
      : 'That is not an e-mail address.';
  if (!password) return { email: emailError, password: 'Enter a password.' };
  const broken = mode === 'signup' && PASSWORD_RULES.find((rule) => !rule.isMet(password, address));
  return { email: emailError, password: broken ? `${broken.text}.` : '' };
}
