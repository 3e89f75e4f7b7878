/** What cannot be done is refused with its place, and nothing is lost. */
import { expect, test } from '../support/journey';

test('a script with errors names every line and column', async ({ page, ui }) => {
  await ui.open();
  await ui.mode('Play');
  await ui.choose('What to do', 'Script');
  const editor = page.getByRole('textbox', { name: /Script/ });
  await editor.fill('put apple red\nputt pear green\n\nflush now');
  const errors = page.locator('[data-part=script-errors] li');
  await expect(errors).toHaveCount(2);
  await expect(errors.nth(0)).toContainText('line 2, column 1');
  await expect(errors.nth(1)).toContainText('line 4, column 7');
  await expect(page.getByRole('button', { name: 'Run', exact: true })).toBeDisabled();

  await errors.nth(1).getByRole('button').click();
  const selected = await editor.evaluate((field: HTMLTextAreaElement) =>
    field.value.slice(field.selectionStart, field.selectionEnd),
  );
  expect(selected, 'the place itself is selected').toBe('now');
});

test('a malformed table names line and column, and its good rows can be loaded', async ({ page, ui }) => {
  await ui.open();
  await ui.runScript('seed 1\nput start here\nflush\n');
  await ui.choose('What to do', 'Data');
  const csv = 'id,name,colour\n1,apple,red\n2,pear\n3,"plum,blue\n4,fig,violet,too many\n';
  const good = 'id,name,colour\n1,apple,red\n2,pear\n3,plum,blue\n4,fig,violet,too many\n';
  const file = page.getByLabel('choose one');
  await file.setInputFiles({ name: 'broken.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });
  const faults = page.locator('[data-part=row-faults] li');
  await expect(faults.first()).toContainText(/line \d+, column \d+/);

  await file.setInputFiles({ name: 'fruits.csv', mimeType: 'text/csv', buffer: Buffer.from(good) });
  await expect(faults).toHaveCount(2);
  await expect(faults.nth(0)).toContainText('line 3, column');
  await expect(faults.nth(1)).toContainText('line 5, column');
  await ui.button('Load the good rows');
  await expect(page.locator('[data-part=job]')).toHaveAttribute('data-state', 'finished');
  await expect.poll(async () => Object.keys(await ui.rows())).toEqual(['1', '3', 'start']);
  expect(Object.values(await ui.rows()).join()).toMatch(/apple.*red.*plum.*blue/);
});

test('keys and values that no store can hold are refused, and the store goes on', async ({ ui }) => {
  await ui.open();
  await ui.runScript('seed 1\nput apple red\nflush\n');
  await ui.choose('What to do', 'Commands');
  const key = ui.textbox('key');
  const value = ui.textbox('value');
  await ui.put('', 'x');
  await expect(ui.notice('key_empty')).toBeVisible();
  await ui.put('k'.repeat(1025), 'x');
  await expect(ui.notice('key_too_large')).toContainText('1024');
  await ui.put('k', 'v'.repeat(20_000));
  await expect(ui.notice('value_too_large')).toBeVisible();
  await key.evaluate((field: HTMLInputElement) => {
    field.value = 'half \ud800 a pair';
    field.dispatchEvent(new Event('input', { bubbles: true }));
  });
  await value.fill('x');
  await ui.button('Put');
  await expect(ui.notice('text_not_well_formed')).toBeVisible();

  await ui.put('pear', 'green');
  await ui.button('Flush (1)');
  await ui.expectRows({ apple: 'red', pear: 'green' });
});

test('a file that is no backup changes nothing', async ({ page, ui }) => {
  await ui.open();
  await ui.runScript('seed 1\nput apple red\nflush\n');
  await ui.choose('What to do', 'Data');
  await page
    .getByLabel('Import')
    .setInputFiles({ name: 'not.faultline', mimeType: 'application/octet-stream', buffer: Buffer.from('no backup') });
  await expect(page.getByRole('alert').first()).toBeVisible();
  await ui.expectRows({ apple: 'red' });
});
