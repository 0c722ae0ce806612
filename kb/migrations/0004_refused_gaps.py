from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("kb", "0003_source_kinds")]

    operations = [
        migrations.AlterField(
            model_name="coveragegap",
            name="origin",
            field=models.CharField(
                choices=[
                    ("desk", "search at the desk"),
                    ("api", "API"),
                    ("ticket", "ticket"),
                    ("refused", "no draft was good"),
                ],
                max_length=20,
            ),
        ),
    ]
